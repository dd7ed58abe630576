// What an operator demands of the claims of an issuer's tokens, beyond what
// every token must have.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/pattern/pattern.h"
#include "usher/claim_rule.h"

namespace usher::token {

// A claim whose text, or one of its texts if it is an array, matches one of the
// patterns as a whole. A claim of another type does not.
struct PatternRule {
  ClaimPath path;
  std::vector<pattern::Pattern> patterns;  // at least one

  bool operator==(const PatternRule&) const = default;
};

// All of them must hold.
struct ClaimRules {
  std::vector<ClaimRule> claims;
  std::vector<PatternRule> patterns;
  // The clients whose tokens are accepted (Claims::client_id). Absent: all.
  std::optional<std::vector<std::string>> clients;

  bool empty() const { return claims.empty() && patterns.empty() && !clients; }
  bool operator==(const ClaimRules&) const = default;
};

// The first rule that does not hold, as a kClaimRejected that names the claim
// and quotes no value. Absent: all hold.
std::optional<base::Refusal> Check(const ClaimRules& rules,
                                   const usher::Claims& claims,
                                   const std::optional<std::string>& client_id);

// The claims of which an access token has at least one. An empty list means
// that every token is an access token unless a claim shows that it is not.
struct AccessTokenMark {
  std::vector<std::string> has_any;

  bool operator==(const AccessTokenMark&) const = default;
};

// A provider's mark by name, for the configuration.
struct AccessTokenPreset {
  std::string_view name;
  std::span<const std::string_view> has_any;
};
std::span<const AccessTokenPreset> AccessTokenPresets();

}  // namespace usher::token
