#include "client/cli/base/console.h"

#include <array>

#include "lib/base/text/strings.h"

namespace usher::cli {

std::string Paint::operator()(Colour colour, std::string_view text) const {
  if (!on_) return std::string(text);
  // ECMA-48 "select graphic rendition", in the order of Colour.
  constexpr std::array<std::string_view, 5> kCodes = {"31", "32", "33", "1",
                                                      "2"};
  return base::StrCat("\033[", kCodes[static_cast<size_t>(colour)], "m", text,
                      "\033[0m");
}

}  // namespace usher::cli
