// The body of an OAuth request: application/x-www-form-urlencoded
// (RFC 6749 appendix B).
#pragma once

#include <string>
#include <string_view>

namespace usher::oauth {

inline constexpr std::string_view kFormContentType =
    "application/x-www-form-urlencoded";

// Encodes one name or value. Only letters, digits and "-._" stay as they are; a
// space becomes "+", every other byte of the UTF-8 text "%XX".
std::string FormEncode(std::string_view text);

// Collects fields in order. Value type.
class Form {
 public:
  void Add(std::string_view name, std::string_view value);
  // "token=abc&token_type_hint=access_token".
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace usher::oauth
