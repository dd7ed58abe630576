// The claims of a token (RFC 7519 section 4, RFC 9068 section 2.2), typed.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/json/json.h"
#include "lib/token/policy.h"

namespace usher::token {

// Absent claims are absent, never "" or 0. Value type.
struct Claims {
  std::string issuer;                    // iss
  std::optional<std::string> subject;    // sub
  std::optional<std::string> client_id;  // client_id, else azp, appid, cid
  std::vector<std::string> audiences;    // aud (or the issuer's audience_claim)
  std::vector<std::string> scopes;       // scope, scp and scopes, in order
  std::optional<absl::Time> expires_at;  // exp
  std::optional<absl::Time> not_before;  // nbf
  std::optional<absl::Time> issued_at;   // iat
  std::optional<std::string> token_id;   // jti
  std::optional<std::string> session_id;  // sid
  std::optional<std::string> username;    // username, else preferred_username
  // The cnf claim's JSON text: the token is bound to a key (RFC 7800).
  std::optional<std::string> confirmation;
  // The claim that shows that this is not an access token ("nonce", "at_hash"
  // ...), and the one that shows that it is not an ID token.
  std::optional<std::string> not_access_token;
  std::optional<std::string> not_id_token;
  // It has none of the claims that the issuer's access tokens have.
  bool no_access_token_mark = false;
  // Indexed by TokenKind: the issuer's rule that a token of that kind does not
  // fulfil. Null: it fulfils all.
  std::array<std::shared_ptr<const base::Refusal>, 2> rejected;
  // The payload as it was signed.
  std::string json;

  // Bytes held, for caches that bound their memory.
  size_t Footprint() const;
};

// Reads `payload`, a JSON object whose text is `json`, by the issuer's policy,
// for a token that is used as one of `kind`.
//
// Strict where a security decision depends on it: a registered claim of the
// wrong JSON type is kClaimInvalid, with its name, never treated as absent. An
// optional one that is null is absent. Claims that no decision depends on
// (usernames, appid, cid, scopes) are absent if they cannot be read.
// Dates are NumericDates (fractions allowed) between 1970 and the year 9999.
// aud is a string or an array of strings, not empty. Scopes are a string of
// words split at single spaces (RFC 6749 section 3.3) or an array of strings.
// At most 256 audiences and 1024 scopes. Without iss, the issuer is
// `issuer_if_absent`; kIssuerMissing if that is empty.
base::Result<Claims> ReadClaims(json::Value payload, std::string_view json,
                                const Policy& policy,
                                TokenKind kind = TokenKind::kAccessToken,
                                std::string_view issuer_if_absent = {});

}  // namespace usher::token
