#include "lib/token/claim_rules.h"

#include <algorithm>
#include <array>

#include "lib/base/text/strings.h"

namespace usher::token {
namespace {

using base::Refusal;
using base::StrCat;

Refusal Rejected(std::string_view claim) {
  return {
      Reason::kClaimRejected,
      StrCat("the claim ", claim, " is not what the issuer's rules require"),
      std::string(claim)};
}

bool Holds(const PatternRule& rule, const usher::Claims& claims) {
  const auto texts = claims.FindStrings(rule.path);
  if (!texts) return false;
  return std::any_of(texts->begin(), texts->end(), [&](const auto& text) {
    return std::any_of(
        rule.patterns.begin(), rule.patterns.end(),
        [&](const pattern::Pattern& pattern) { return pattern.Matches(text); });
  });
}

// RFC 9068 section 2.2 requires client_id of every access token.
constexpr auto kRfc9068 = std::to_array<std::string_view>({"client_id"});
// `gty` is the grant of a machine's token that has no scope.
constexpr auto kAuth0 =
    std::to_array<std::string_view>({"scope", "permissions", "gty"});
constexpr auto kCognito = std::to_array<std::string_view>({"client_id"});
// `azpacr` (v2.0) and `appidacr` (v1.0) say how the client authenticated: an
// application's token without roles has nothing else.
constexpr auto kEntraId =
    std::to_array<std::string_view>({"scp", "azpacr", "appidacr"});
constexpr auto kOkta = std::to_array<std::string_view>({"scp", "cid"});
constexpr auto kSpring = std::to_array<std::string_view>({"scope"});
constexpr auto kPresets = std::to_array<AccessTokenPreset>({
    {"any", {}},
    {"auth0", kAuth0},
    {"cognito", kCognito},
    {"entra-id", kEntraId},
    {"okta", kOkta},
    {"rfc9068", kRfc9068},
    {"spring", kSpring},
});

}  // namespace

std::optional<Refusal> Check(const ClaimRules& rules,
                             const usher::Claims& claims,
                             const std::optional<std::string>& client_id) {
  for (const ClaimRule& rule : rules.claims) {
    if (!rule.Holds(claims)) return Rejected(rule.path().Text());
  }
  for (const PatternRule& rule : rules.patterns) {
    if (!Holds(rule, claims)) return Rejected(rule.path.Text());
  }
  if (rules.clients &&
      (!client_id || std::find(rules.clients->begin(), rules.clients->end(),
                               *client_id) == rules.clients->end())) {
    return Refusal{Reason::kClaimRejected,
                   "the token's client is not one of the issuer's clients",
                   "client_id"};
  }
  return {};
}

std::span<const AccessTokenPreset> AccessTokenPresets() { return kPresets; }

}  // namespace usher::token
