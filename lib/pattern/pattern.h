// A regular expression that a whole text must match. RE2 takes time
// proportional to the text and bounded memory, whatever the expression;
// std::regex recurses and crashes on a long text.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace usher::pattern {

// An immutable value; copies share the compiled expression. Thread-safe.
class Pattern {
 public:
  static constexpr size_t kMaxSize = 1024;
  // Of one compiled expression and of what matching caches for it.
  static constexpr size_t kMaxBytes = 256 << 10;

  // The syntax is RE2's. kInvalidArgument, with a message that can follow the
  // name of a setting: the syntax, an empty or a too long text, or an
  // expression that would need more than kMaxBytes.
  static absl::StatusOr<Pattern> Create(std::string_view text);

  // Whether all of `text` matches. `text` may be of any size and need not be
  // UTF-8: then it does not match.
  bool Matches(std::string_view text) const;

  const std::string& text() const { return text_; }

  bool operator==(const Pattern& other) const { return text_ == other.text_; }

 private:
  Pattern(std::string text, std::shared_ptr<const re2::RE2> compiled)
      : text_(std::move(text)), compiled_(std::move(compiled)) {}

  std::string text_;
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace usher::pattern
