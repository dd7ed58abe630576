// Takes a token apart without believing it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace usher::cli {

// What a token looks like. Texts are as the token says them: not fit for a
// terminal before Visible().
struct Inspection {
  struct Member {
    std::string name;
    std::string value;  // a string's text, a list joined, times in words, JSON
  };
  // Nothing where that part cannot be read.
  std::optional<std::vector<Member>> header;
  std::optional<std::vector<Member>> claims;
  std::optional<std::string> header_json;
  std::optional<std::string> claims_json;
  std::optional<size_t> signature_bytes;

  // Why its form is wrong, part by part. usherd would say TOKEN_MALFORMED (or
  // TOKEN_TOO_LARGE, CRITICAL_HEADER_UNSUPPORTED).
  std::vector<std::string> faults;
  // What is worth a second look, whatever usherd would say.
  std::vector<std::string> oddities;
};

Inspection Inspect(std::string_view token, absl::Time now);

// Why the text is no strict base64url: "has padding (=) at its end". Empty
// where it is.
std::string WhyNotBase64Url(std::string_view text);

}  // namespace usher::cli
