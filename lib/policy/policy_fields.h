// The tables of fields of policy files.
#pragma once

#include <span>

#include "lib/policy/claim_fields.h"
#include "lib/policy/policy_file.h"
#include "lib/yaml/field.h"
#include "usher/method_policy.h"

namespace usher::policy {

// The fields at the top of the file, of a rule, and of a claim.
std::span<const yaml::Field<FilePolicy>> PolicyFields();
std::span<const yaml::Field<MethodRule>> RuleFields();
std::span<const yaml::Field<ClaimConditions>> ClaimFields();

}  // namespace usher::policy
