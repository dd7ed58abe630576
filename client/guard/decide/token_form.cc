#include "client/guard/decide/token_form.h"

#include <algorithm>

namespace usher::guard {
namespace {

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Four characters are three bytes; a single one is none.
bool IsPart(std::string_view part) {
  return part.size() % 4 != 1 &&
         std::all_of(part.begin(), part.end(), IsBase64Url);
}

}  // namespace

bool HasJwtForm(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return false;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  return IsPart(token.substr(0, first)) &&
         IsPart(token.substr(first + 1, second - first - 1)) &&
         IsPart(token.substr(second + 1));
}

}  // namespace usher::guard
