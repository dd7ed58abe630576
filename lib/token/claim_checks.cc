#include "lib/token/claim_checks.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_join.h"
#include "lib/base/text/strings.h"

namespace usher::token {
namespace {

using base::EqualsIgnoreCase;
using base::Refusal;
using base::StrCat;

constexpr std::string_view kMediaTypePrefix = "application/";

// RFC 7515 section 4.1.9: "application/" may be left out where no other slash
// appears; media types are case-insensitive.
std::string_view WithoutPrefix(std::string_view typ) {
  if (typ.size() > kMediaTypePrefix.size() &&
      EqualsIgnoreCase(typ.substr(0, kMediaTypePrefix.size()),
                       kMediaTypePrefix)) {
    typ.remove_prefix(kMediaTypePrefix.size());
  }
  return typ;
}

// "12s", "3h5m": whole seconds.
std::string Format(absl::Duration span) {
  return absl::FormatDuration(absl::Trunc(span, absl::Seconds(1)));
}

Refusal Missing(std::string_view claim) {
  return {Reason::kClaimMissing, StrCat("the token has no ", claim),
          std::string(claim)};
}

Refusal TooLong(absl::Duration lifetime, const Policy& policy) {
  return {Reason::kLifetimeTooLong,
          StrCat("lives ", Format(lifetime), ", more than ",
                 Format(policy.max_lifetime)),
          "exp"};
}

std::optional<Refusal> CheckTime(const Claims& claims,
                                 const ClaimContext& context) {
  const Policy& policy = context.policy;
  const absl::Time now = context.now;
  const absl::Duration skew = policy.clock_skew;
  if (!claims.expires_at && !context.introspected) return Missing("exp");
  // Without exp the issuer says at each introspection whether it has ended.
  const absl::Time exp = claims.expires_at.value_or(absl::InfiniteFuture());
  if (now >= exp + skew) {
    return Refusal{Reason::kTokenExpired,
                   StrCat("expired ", Format(now - exp), " ago"), "exp"};
  }
  if (claims.not_before) {
    if (now < *claims.not_before - skew) {
      return Refusal{Reason::kTokenNotYetValid,
                     StrCat("valid only in ", Format(*claims.not_before - now)),
                     "nbf"};
    }
    if (*claims.not_before > exp) {
      return Refusal{Reason::kClaimInvalid, "nbf is after exp", "nbf"};
    }
  }
  // The lifetime, exp - iat, is always limited, so iat is required: a short
  // lifetime limits what a stolen token can do (RFC 8725bis).
  if (!claims.issued_at) {
    if (context.introspected && !policy.max_age) return {};
    if (!policy.insecure_allow_missing_iat || policy.max_age) {
      return Missing("iat");
    }
    if (exp - now > policy.max_lifetime) {
      return TooLong(exp - now, policy);
    }
    return {};
  }
  const absl::Time iat = *claims.issued_at;
  if (iat > now + skew) {
    return Refusal{Reason::kIssuedInFuture,
                   StrCat("issued ", Format(iat - now), " from now"), "iat"};
  }
  if (iat > exp) {
    return Refusal{Reason::kClaimInvalid, "iat is after exp", "iat"};
  }
  if (policy.max_age && now - iat > *policy.max_age + skew) {
    return Refusal{Reason::kTokenTooOld,
                   StrCat("issued ", Format(now - iat), " ago, more than ",
                          Format(*policy.max_age)),
                   "iat"};
  }
  if (claims.expires_at && exp - iat > policy.max_lifetime) {
    return TooLong(exp - iat, policy);
  }
  return {};
}

std::optional<Refusal> CheckAudience(const Claims& claims,
                                     const ClaimContext& context) {
  const std::string_view claim = context.policy.audience_claim_of(context.kind);
  if (claims.audiences.empty()) {
    if (context.allow_missing_audience) return {};
    if (!context.introspected) return Missing(claim);
    return Refusal{Reason::kClaimMissing,
                   StrCat("the issuer's answer about the token has no ", claim),
                   std::string(claim)};
  }
  for (const std::string& audience : claims.audiences) {
    if (context.accepts_audience(audience)) return {};
  }
  return Refusal{Reason::kAudienceMismatch,
                 "the token is not meant for this audience",
                 std::string(claim)};
}

std::optional<Refusal> CheckKind(const Claims& claims,
                                 const ClaimContext& context) {
  const bool access = context.kind == TokenKind::kAccessToken;
  const auto& mark = access ? claims.not_access_token : claims.not_id_token;
  if (!mark) {
    if (!access || !claims.no_access_token_mark) return {};
    return Refusal{
        Reason::kTokenTypeNotAllowed,
        StrCat("it has none of the claims that show an access token: ",
               base::Join(context.policy.access_token->has_any, ", "))};
  }
  return Refusal{Reason::kTokenTypeNotAllowed,
                 StrCat("its ", *mark, " claim shows that it is not an ",
                        access ? "access" : "ID", " token"),
                 *mark};
}

std::string_view KindsNotExcluded(const ClaimContext& context) {
  if (context.kind != TokenKind::kAccessToken ||
      context.policy.CanTellAccessTokens()) {
    return "";
  }
  return "an ID token of this issuer without nonce and at_hash passes too, "
         "unless access_token says what identifies an access token";
}

std::optional<Refusal> CheckRules(const Claims& claims,
                                  const ClaimContext& context) {
  const auto& rejected = claims.rejected[static_cast<size_t>(context.kind)];
  if (!rejected) return {};
  return *rejected;
}

std::optional<Refusal> CheckBinding(const Claims& claims,
                                    const ClaimContext& context) {
  if (!claims.confirmation || context.policy.insecure_ignore_confirmation) {
    return {};
  }
  // RFC 9449 section 7.2: a bound token must not pass as a bearer token.
  return Refusal{Reason::kTokenBindingUnsupported,
                 "the token is bound to a key (cnf); it is not a bearer token",
                 "cnf"};
}

std::optional<Refusal> CheckScopes(const Claims& claims,
                                   const ClaimContext& context) {
  const auto& scopes = context.scopes;
  if (scopes.empty()) return {};
  const auto held = [&](const std::string& scope) {
    return std::find(claims.scopes.begin(), claims.scopes.end(), scope) !=
           claims.scopes.end();
  };
  const bool all = context.scope_match == ScopeMatch::kAll;
  if (all ? std::all_of(scopes.begin(), scopes.end(), held)
          : std::any_of(scopes.begin(), scopes.end(), held)) {
    return {};
  }
  return Refusal{
      Reason::kScopeInsufficient,
      StrCat("needs scope ", absl::StrJoin(scopes, all ? " and " : " or ")),
      "scope"};
}

// A token of too little scope is good elsewhere, so its key is worth a fetch.
constexpr auto kClaimChecks = std::to_array<ClaimCheck>({
    {CheckId::kTime, CheckTime, "within exp, nbf and iat", true},
    {CheckId::kAudience, CheckAudience, "meant for an accepted audience", true},
    {CheckId::kKind, CheckKind, "of the requested kind", true,
     KindsNotExcluded},
    {CheckId::kRules, CheckRules, "the issuer's rules on claims hold", true},
    {CheckId::kBinding, CheckBinding, "a bearer token", true},
    {CheckId::kScope, CheckScopes, "has the requested scopes", false},
});
// Every check after the claims could be read is a row, in order.
static_assert(kClaimChecks.size() ==
              kCheckNames.size() - static_cast<size_t>(CheckId::kTime));

}  // namespace

std::optional<Refusal> CheckType(std::optional<std::string_view> typ,
                                 TokenKind kind, const Policy& policy) {
  const std::string_view type = WithoutPrefix(typ.value_or(""));
  if (kind == TokenKind::kIdToken) {
    // OpenID Connect defines no typ for ID tokens; at+jwt is an access token.
    if (type.empty() || EqualsIgnoreCase(type, "JWT")) return {};
  } else {
    for (const std::string& accepted : policy.token_types) {
      if (EqualsIgnoreCase(type, WithoutPrefix(accepted))) return {};
    }
  }
  return Refusal{Reason::kTokenTypeNotAllowed,
                 "the token's typ header is not an accepted one"};
}

bool Policy::CanTellAccessTokens() const {
  return access_token ||
         std::none_of(token_types.begin(), token_types.end(),
                      [](const std::string& type) {
                        return WithoutPrefix(type).empty() ||
                               EqualsIgnoreCase(WithoutPrefix(type), "JWT");
                      });
}

std::string WhenPassed(const ClaimCheck& row, const ClaimContext& context) {
  const std::string_view not_excluded =
      row.not_excluded ? row.not_excluded(context) : "";
  return StrCat(row.when_passed, not_excluded.empty() ? "" : "; ",
                not_excluded);
}

std::span<const ClaimCheck> ClaimChecks() { return kClaimChecks; }

}  // namespace usher::token
