// Finds what is unusual about an unverified token. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/json/json.h"

namespace usher::cli {

// Each appends sentences. They name claims but never quote their values.
void LintHeader(json::Value header, std::vector<std::string>& lints);
void LintClaims(json::Value claims, absl::Time now,
                std::vector<std::string>& lints);

}  // namespace usher::cli
