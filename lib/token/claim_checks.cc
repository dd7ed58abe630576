#include "lib/token/claim_checks.h"

#include <algorithm>
#include <cctype>

#include "lib/base/strings.h"

namespace usher::token {
namespace {

using base::Refusal;
using base::StrCat;

constexpr std::string_view kMediaTypePrefix = "application/";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// RFC 7515 section 4.1.9: "application/" may be left out where no other slash
// appears; media types compare without regard to case.
std::string_view WithoutPrefix(std::string_view typ) {
  if (typ.size() > kMediaTypePrefix.size() &&
      EqualIgnoringCase(typ.substr(0, kMediaTypePrefix.size()),
                        kMediaTypePrefix)) {
    typ.remove_prefix(kMediaTypePrefix.size());
  }
  return typ;
}

// "12s", "3h5m": whole seconds are what people compare.
std::string InWords(absl::Duration span) {
  return absl::FormatDuration(absl::Trunc(span, absl::Seconds(1)));
}

Refusal Missing(std::string_view claim) {
  return {Reason::kClaimMissing, StrCat("the token has no ", claim),
          std::string(claim)};
}

}  // namespace

std::optional<Refusal> CheckType(std::optional<std::string_view> typ,
                                 TokenKind kind, const Policy& policy) {
  const std::string_view type = WithoutPrefix(typ.value_or(""));
  if (kind == TokenKind::kIdToken) {
    // OpenID Connect names no typ for ID tokens; at+jwt says what it is.
    if (type.empty() || EqualIgnoringCase(type, "JWT")) return {};
  } else {
    for (const std::string& taken : policy.token_types) {
      if (EqualIgnoringCase(type, WithoutPrefix(taken))) return {};
    }
  }
  return Refusal{Reason::kTokenTypeNotAllowed,
                 "the token's typ header is not one that is taken here"};
}

std::optional<Refusal> CheckTime(const Claims& claims, const Policy& policy,
                                 absl::Time now) {
  const absl::Duration skew = policy.clock_skew;
  if (!claims.expires_at) return Missing("exp");
  const absl::Time exp = *claims.expires_at;
  if (now >= exp + skew) {
    return Refusal{Reason::kTokenExpired,
                   StrCat("expired ", InWords(now - exp), " ago"), "exp"};
  }
  if (claims.not_before) {
    if (now < *claims.not_before - skew) {
      return Refusal{
          Reason::kTokenNotYetValid,
          StrCat("valid only in ", InWords(*claims.not_before - now)), "nbf"};
    }
    if (*claims.not_before > exp) {
      return Refusal{Reason::kClaimInvalid, "nbf is after exp", "nbf"};
    }
  }
  // A limited lifetime is exp - iat, so it cannot do without iat. There always
  // is a limit (RFC 8725bis; short lives bound what a stolen token can do).
  if (!claims.issued_at) return Missing("iat");
  const absl::Time iat = *claims.issued_at;
  if (iat > now + skew) {
    return Refusal{Reason::kIssuedInFuture,
                   StrCat("issued ", InWords(iat - now), " from now"), "iat"};
  }
  if (iat > exp) {
    return Refusal{Reason::kClaimInvalid, "iat is after exp", "iat"};
  }
  if (policy.max_age && now - iat > *policy.max_age + skew) {
    return Refusal{Reason::kTokenTooOld,
                   StrCat("issued ", InWords(now - iat), " ago, more than ",
                          InWords(*policy.max_age)),
                   "iat"};
  }
  if (exp - iat > policy.max_lifetime) {
    return Refusal{Reason::kLifetimeTooLong,
                   StrCat("lives ", InWords(exp - iat), ", more than ",
                          InWords(policy.max_lifetime)),
                   "exp"};
  }
  return {};
}

std::optional<Refusal> CheckAudience(
    const Claims& claims, const Policy& policy,
    absl::FunctionRef<bool(std::string_view)> accepted) {
  if (claims.audiences.empty()) return Missing(policy.audience_claim);
  for (const std::string& audience : claims.audiences) {
    if (accepted(audience)) return {};
  }
  return Refusal{Reason::kAudienceMismatch,
                 "the token is not meant for this audience",
                 policy.audience_claim};
}

std::optional<Refusal> CheckKind(const Claims& claims, TokenKind kind) {
  const bool access = kind == TokenKind::kAccessToken;
  const auto& mark = access ? claims.not_access_token : claims.not_id_token;
  if (!mark) return {};
  return Refusal{Reason::kTokenTypeNotAllowed,
                 StrCat("its ", *mark, " claim shows that this is no ",
                        access ? "access" : "ID", " token"),
                 *mark};
}

std::optional<Refusal> CheckBinding(const Claims& claims,
                                    const Policy& policy) {
  if (!claims.confirmation || policy.insecure_ignore_confirmation) return {};
  // RFC 9449 section 7.2: a bound token must not pass as a bearer token.
  return Refusal{Reason::kTokenBindingUnsupported,
                 "the token is bound to a key (cnf); it is no bearer token",
                 "cnf"};
}

std::optional<Refusal> CheckScopes(const Claims& claims,
                                   std::span<const std::string> scopes,
                                   ScopeMatch match) {
  if (scopes.empty()) return {};
  const auto held = [&](const std::string& scope) {
    return std::find(claims.scopes.begin(), claims.scopes.end(), scope) !=
           claims.scopes.end();
  };
  const bool enough = match == ScopeMatch::kAll
                          ? std::all_of(scopes.begin(), scopes.end(), held)
                          : std::any_of(scopes.begin(), scopes.end(), held);
  if (enough) return {};
  std::string wanted;
  for (const std::string& scope : scopes) {
    if (!wanted.empty()) wanted += match == ScopeMatch::kAll ? " and " : " or ";
    wanted += scope;
  }
  return Refusal{Reason::kScopeInsufficient, StrCat("needs scope ", wanted),
                 "scope"};
}

}  // namespace usher::token
