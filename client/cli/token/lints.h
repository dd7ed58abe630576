// What is odd about a token that nobody has verified. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/json/json.h"

namespace usher::cli {

// Each appends sentences. They name claims, never what a claim says.
void FindHeaderOddities(json::Value header, std::vector<std::string>& oddities);
void FindClaimOddities(json::Value claims, absl::Time now,
                       std::vector<std::string>& oddities);

}  // namespace usher::cli
