#include <cctype>

#include "client/cli/token/inspection.h"
#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"

namespace usher::cli {
namespace {

bool InAlphabet(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' ||
         c == '_';
}

std::string CharacterError(char c, size_t place) {
  if (c == '+' || c == '/') {
    return base::StrCat("uses the base64 alphabet (+ and /, at character ",
                        place, "); a token uses base64url (- and _)");
  }
  if (c == '=') {
    return base::StrCat("has padding (=, at character ", place,
                        "); a token has none");
  }
  if (std::isspace(static_cast<unsigned char>(c)) != 0) {
    return base::StrCat("has white space or a line break at character ", place,
                        "; check for a line break from copying");
  }
  if (c == '"' || c == '\'') {
    return base::StrCat("has a quotation mark at character ", place);
  }
  return base::StrCat("has a character at position ", place,
                      " that is not in the base64url alphabet");
}

}  // namespace

std::string Base64UrlError(std::string_view text) {
  std::string bytes;
  if (json::DecodeBase64Url(text, bytes)) return "";
  for (size_t i = 0; i < text.size(); ++i) {
    if (!InAlphabet(text[i])) return CharacterError(text[i], i + 1);
  }
  if (text.size() % 4 == 1) {
    return base::StrCat(
        "is ", text.size(),
        " characters long; base64url text never has that length, so a "
        "character is missing or extra");
  }
  return "has unused bits at its end; the end was changed or cut off";
}

}  // namespace usher::cli
