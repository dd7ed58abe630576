// The key table of policy files.
#pragma once

#include <span>
#include <vector>

#include "lib/config/key.h"
#include "lib/config/policy.h"

namespace usher::config {

// What one claim must be.
struct ClaimDemands {
  std::vector<std::string> path;
  std::vector<WantedClaim> wanted;

  bool operator==(const ClaimDemands&) const = default;
};

std::span<const Key<Policy>> PolicyKeys();    // at the top of the file
std::span<const Key<PolicyRule>> RuleKeys();  // in a rule
std::span<const Key<ClaimDemands>> ClaimKeys();

// "realm_access.roles" is the claim roles in realm_access; "\." is a dot of a
// name and "\\" a backslash. Empty where the text has another form.
std::vector<std::string> ParseClaimPath(std::string_view text);

}  // namespace usher::config
