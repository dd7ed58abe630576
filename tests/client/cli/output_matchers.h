// Looks at what `usher` printed.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "lib/json/json.h"

namespace usher::testing {

// No colours, no cursor movements.
MATCHER(IsPlain, "") { return arg.find('\033') == std::string::npos; }

// One JSON value (strictly), with this text at the path "verified.subject".
MATCHER_P2(HasJson, path, value, "") {
  json::Reader reader;
  auto found = reader.Parse(arg);
  std::string_view rest = path;
  while (found && !rest.empty()) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    found = found->Find(rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return found && found->Text() == value;
}

}  // namespace usher::testing
