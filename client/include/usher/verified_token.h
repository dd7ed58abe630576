// What a verified token says. Its issuer has signed all of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "usher/claims.h"
#include "usher/token_kind.h"

namespace usher {

namespace internal {
struct TokenMint;
}  // namespace internal

// A proof that a token was verified: only a verifier can make one. An immutable
// value: it can be copied, stored and shared between threads.
class VerifiedToken {
 public:
  const std::string& issuer() const { return fields_.issuer; }  // iss
  // The operator's short name for the issuer, for logs and metric labels.
  const std::string& issuer_name() const { return fields_.issuer_name; }
  const std::optional<std::string>& subject() const { return fields_.subject; }
  // client_id, else azp, else appid or cid.
  const std::optional<std::string>& client_id() const {
    return fields_.client_id;
  }
  const std::vector<std::string>& audiences() const {
    return fields_.audiences;
  }
  const std::vector<std::string>& scopes() const { return fields_.scopes; }
  TokenKind kind() const { return fields_.kind; }
  // jti.
  const std::optional<std::string>& token_id() const {
    return fields_.token_id;
  }
  // sid.
  const std::optional<std::string>& session_id() const {
    return fields_.session_id;
  }
  const std::optional<absl::Time>& issued_at() const {
    return fields_.issued_at;
  }
  const std::optional<absl::Time>& not_before() const {
    return fields_.not_before;
  }
  // exp. Absent for an introspected token whose issuer gives no expiry (RFC
  // 7662 section 2.2).
  const std::optional<absl::Time>& expires_at() const {
    return fields_.expires_at;
  }
  // kid.
  const std::optional<std::string>& key_id() const { return fields_.key_id; }
  // "ES256". Absent for a token that has no signature: an introspected one.
  const std::optional<std::string>& algorithm() const {
    return fields_.algorithm;
  }
  // The JSON of the cnf claim, if the token is sender-constrained.
  const std::optional<std::string>& confirmation_json() const {
    return fields_.confirmation_json;
  }
  // The payload exactly as it was signed.
  const std::string& claims_json() const { return claims_.json(); }
  // The same, claim by claim.
  const Claims& claims() const { return claims_; }
  // How long this result may be reused, counted from the time of the request.
  // Zero: not at all.
  absl::Duration cache_for() const { return fields_.cache_for; }
  // The issuer is unreachable, and its keys are past their freshness but still
  // within the configured bound.
  bool stale_keys() const { return fields_.stale_keys; }
  // When the token was verified, by the verifier's clock.
  absl::Time evaluated_at() const { return fields_.evaluated_at; }

 private:
  friend struct internal::TokenMint;
  struct Fields {
    std::string issuer;
    std::string issuer_name;
    std::optional<std::string> subject;
    std::optional<std::string> client_id;
    std::vector<std::string> audiences;
    std::vector<std::string> scopes;
    TokenKind kind = TokenKind::kAccessToken;
    std::optional<std::string> token_id;
    std::optional<std::string> session_id;
    std::optional<absl::Time> issued_at;
    std::optional<absl::Time> not_before;
    std::optional<absl::Time> expires_at;
    std::optional<std::string> key_id;
    std::optional<std::string> algorithm;
    std::optional<std::string> confirmation_json;
    std::string claims_json;
    absl::Duration cache_for;
    bool stale_keys = false;
    absl::Time evaluated_at;
  };
  explicit VerifiedToken(Fields fields)
      : claims_(std::move(fields.claims_json)), fields_(std::move(fields)) {}

  Claims claims_;
  Fields fields_;  // without claims_json
};

}  // namespace usher
