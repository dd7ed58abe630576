// Conditions on claims in YAML: in policy files (docs/policy.md) and in the
// configuration of usherd (docs/configuration.md).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/yaml/field_kinds.h"
#include "usher/claim_rule.h"

namespace usher::policy {

// The conditions on one claim.
struct ClaimConditions {
  ClaimPath path{std::vector<std::string>{}};
  std::vector<ClaimRule> rules;

  bool operator==(const ClaimConditions&) const = default;
};

// "realm_access.roles" is the claim `roles` inside `realm_access`. "\." is a
// dot in a name, "\\" a backslash. Empty if the text is invalid.
std::vector<std::string> ParseClaimPath(std::string_view text);

// The keys of a claim. They add rules and have no default.
struct ConditionCodec {
  static std::string Format(const ClaimConditions&) { return ""; }
};
struct IsCodec : ConditionCodec {
  static std::string TypeName() { return "text, number, true or false"; }
  static void Read(const yaml::Value& value, ClaimConditions& out);
};
struct OneOfCodec : ConditionCodec {
  static std::string TypeName() { return "list of such values"; }
  static void Read(const yaml::Value& value, ClaimConditions& out);
};
struct ContainsCodec : ConditionCodec {
  static std::string TypeName() { return "such a value, or a list of them"; }
  static void Read(const yaml::Value& value, ClaimConditions& out);
};
struct PresentCodec : ConditionCodec {
  static std::string TypeName() { return "true"; }
  static void Read(const yaml::Value& value, ClaimConditions& out);
};

// The fields of a claim. T is ClaimConditions or derived from it.
template <typename T>
inline constexpr auto kClaimFields = std::to_array<yaml::Field<T>>({
    yaml::SimpleField<T, IsCodec>(
        "is",
        "The claim equals this value. `tenant: acme` is short for `tenant: "
        "{is: acme}`."),
    yaml::SimpleField<T, OneOfCodec>("one_of",
                                     "The claim equals one of these values."),
    yaml::SimpleField<T, ContainsCodec>(
        "contains",
        "The claim is an array that contains this value, or each of these "
        "values; or the claim equals the value. Parts of a text do not count."),
    yaml::SimpleField<T, PresentCodec>("present",
                                       "The claim is present and not null."),
});

// Reads a mapping of claims: for each valid name, `read` gets the value of its
// condition, which is never empty, and the path.
void ForEachClaim(const yaml::Value& value,
                  absl::FunctionRef<void(const yaml::Value&, ClaimPath)> read);

// Reads the value of one claim into `out`, whose path is set.
template <typename T>
void ReadConditions(const yaml::Value& value,
                    std::span<const yaml::Field<T>> fields, T& out) {
  using yaml::Node;
  if (value.node.kind == Node::Kind::kScalar) return IsCodec::Read(value, out);
  if (value.node.kind != Node::Kind::kMapping || value.node.members.empty()) {
    return value.AddError(
        "must be a value, or a mapping such as {one_of: [a, b]}");
  }
  yaml::ReadMapping<T>(value, fields, out);
}

}  // namespace usher::policy
