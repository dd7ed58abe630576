// Decodes a token without verifying it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace usher::cli {

// The parts of a token. Texts come from the token: pass them through Visible()
// before they reach a terminal.
struct Inspection {
  struct Member {
    std::string name;
    std::string value;  // a string, a joined list, a formatted time, or JSON
  };
  // Absent if that part cannot be read.
  std::optional<std::vector<Member>> header;
  std::optional<std::vector<Member>> claims;
  std::optional<std::string> header_json;
  std::optional<std::string> claims_json;
  std::optional<size_t> signature_bytes;

  // Why the token is malformed, part by part. usherd denies it with
  // TOKEN_MALFORMED (or TOKEN_TOO_LARGE, CRITICAL_HEADER_UNSUPPORTED).
  std::vector<std::string> errors;
  // What is unusual about it. usherd may accept it all the same.
  std::vector<std::string> lints;
};

Inspection Inspect(std::string_view token, absl::Time now);

// Why the text is not strict base64url: "has padding (=) at its end". Empty if
// it is.
std::string Base64UrlError(std::string_view text);

}  // namespace usher::cli
