// Codecs for an issuer's rules: claims, patterns, tenants, marks of access
// tokens.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/pattern/pattern.h"
#include "lib/policy/claim_fields.h"
#include "lib/token/claim_rules.h"
#include "lib/yaml/codecs.h"
#include "lib/yaml/field.h"

namespace usher::config {

// The conditions on one claim.
struct IssuerClaim : policy::ClaimConditions {
  std::vector<pattern::Pattern> patterns;

  bool operator==(const IssuerClaim&) const = default;
};

// The fields of a claim under `claims`.
std::span<const yaml::Field<IssuerClaim>> IssuerClaimFields();

// A mapping of claims and their conditions. `clients` is not among them.
struct ClaimRulesCodec {
  static std::string TypeName() { return "mapping of claims"; }
  static void Read(const yaml::Value& value, token::ClaimRules& out);
  static std::string Format(const token::ClaimRules&) { return ""; }
};

// A list that may be absent.
struct OptionalTextList : yaml::TextList {
  static void Read(const yaml::Value& value,
                   std::optional<std::vector<std::string>>& out);
  static std::string Format(const std::optional<std::vector<std::string>>&) {
    return "";
  }
};

struct TenantList : yaml::TextList {
  static void Read(const yaml::Value& value,
                   std::optional<std::set<std::string, std::less<>>>& out);
  static std::string Format(
      const std::optional<std::set<std::string, std::less<>>>&) {
    return "";
  }
};

struct PatternText {
  static std::string TypeName() { return "RE2 pattern"; }
  static void Read(const yaml::Value& value,
                   std::optional<pattern::Pattern>& out);
  static std::string Format(const std::optional<pattern::Pattern>&) {
    return "";
  }
};

// The marks of access tokens: a list of claims, or the name of a provider's.
struct AccessTokenClaims {
  static std::string TypeName() { return "list of text"; }
  static void Read(const yaml::Value& value,
                   std::optional<token::AccessTokenMark>& out);
  static std::string Format(const std::optional<token::AccessTokenMark>&) {
    return "";
  }
};
struct AccessTokenPresetName : AccessTokenClaims {
  static std::string TypeName();
  static void Read(const yaml::Value& value,
                   std::optional<token::AccessTokenMark>& out);
};

}  // namespace usher::config
