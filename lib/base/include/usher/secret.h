// Text that must not be seen: tokens, private keys, client secrets.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace usher {

// Overwrites `bytes` in a way the compiler may not leave out.
void Wipe(std::string& bytes);

// Holds a secret, wipes it when it goes, and offers no way to print it but the
// one with the loud name. Movable, not copyable.
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
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { Wipe(text_); }

  // For handing to what needs it (a key parser, an HTTP header), never to a
  // log.
  std::string_view Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

}  // namespace usher
