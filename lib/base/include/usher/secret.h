// Text that must not be printed: tokens, private keys, client secrets.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace usher {

// Overwrites `bytes` in a way that the compiler does not remove.
void Wipe(std::string& bytes);

// Holds a secret, wipes it on destruction, and offers no way to print it. The
// only way to read it is Reveal(). A copy is a deliberate act of the one who
// stores options twice; every copy wipes its own memory.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {
    Wipe(other.text_);
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    Wipe(text_);
    text_ = std::move(other.text_);
    Wipe(other.text_);
    return *this;
  }
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    return *this = Secret(other);  // wipes the old text
  }
  ~Secret() { Wipe(text_); }

  // For a key parser, an HTTP header and the like. Never for a log.
  std::string_view Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace usher
