// UTF-8 text, one character at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace usher::base {

struct Utf8Character {
  char32_t code;
  size_t size;  // bytes
};

// The character at the front of `text`, which is not empty. Nothing if it is
// not well-formed (RFC 3629 section 4: the shortest form only, no surrogates,
// nothing above U+10FFFF).
std::optional<Utf8Character> FirstUtf8Character(std::string_view text);

// `text` without a byte order mark at its front, which some editors write. For
// documents of operators and providers (RFC 8259 section 8.1 allows it), never
// for tokens.
inline std::string_view WithoutByteOrderMark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

}  // namespace usher::base
