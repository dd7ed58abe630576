// An issuer's rules for its tokens. Audiences and scopes are not among them:
// they depend on the request (verify::Requirements).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/token/claim_rules.h"
#include "usher/token_kind.h"

namespace usher::token {

struct Policy {
  // Tolerated at every date: 0 to 5 minutes.
  absl::Duration clock_skew = absl::Seconds(60);
  // The longest exp - iat. There always is one, so iat is required.
  absl::Duration max_lifetime = absl::Hours(24);
  // The longest now - iat; absent: no limit.
  std::optional<absl::Duration> max_age;
  // Accepted values of the `typ` header (case-insensitive, with or without
  // "application/"); "" means that it may be absent.
  std::vector<std::string> token_types = {"at+jwt", "JWT", ""};
  std::string audience_claim = "aud";
  // Of ID tokens. Absent: audience_claim.
  std::optional<std::string> id_token_audience_claim;
  // An access token has at least one of these claims. Absent: nothing shows
  // that a token is an access token; some claims show that it is not.
  std::optional<AccessTokenMark> access_token;
  // Rules for every token, and for those of one kind.
  ClaimRules rules;
  ClaimRules access_token_rules;
  ClaimRules id_token_rules;
  // Accepts a token without iat. Then exp may be at most max_lifetime from now.
  bool insecure_allow_missing_iat = false;
  // Accepts a token with cnf as a bearer token. This removes the protection
  // that the provider gave it.
  bool insecure_ignore_confirmation = false;

  std::string_view audience_claim_of(TokenKind kind) const {
    return kind == TokenKind::kIdToken && id_token_audience_claim
               ? *id_token_audience_claim
               : audience_claim;
  }
  // Whether a token's claims are read in the same way for both kinds.
  bool reads_both_kinds_alike() const {
    return !id_token_audience_claim ||
           *id_token_audience_claim == audience_claim;
  }

  // Whether an ID token without any mark of its own is refused as an access
  // token.
  bool CanTellAccessTokens() const;

  bool operator==(const Policy&) const = default;
};

}  // namespace usher::token
