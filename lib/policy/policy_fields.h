// The tables of fields of policy files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/policy/policy_file.h"
#include "lib/yaml/field.h"
#include "usher/claim_rule.h"
#include "usher/method_policy.h"

namespace usher::policy {

// The conditions on one claim.
struct ClaimConditions {
  ClaimPath path{std::vector<std::string>{}};
  std::vector<ClaimRule> rules;

  bool operator==(const ClaimConditions&) const = default;
};

// The fields at the top of the file, of a rule, and of a claim.
std::span<const yaml::Field<FilePolicy>> PolicyFields();
std::span<const yaml::Field<MethodRule>> RuleFields();
std::span<const yaml::Field<ClaimConditions>> ClaimFields();

// "realm_access.roles" is the claim `roles` inside `realm_access`. "\." is a
// dot in a name, "\\" a backslash. Empty if the text is invalid.
std::vector<std::string> ParseClaimPath(std::string_view text);

}  // namespace usher::policy
