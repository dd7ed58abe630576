// A token that has passed every check. Holding one is the proof: only an
// Evaluation makes it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/jose/alg.h"
#include "lib/jose/digest.h"
#include "lib/token/claim_checks.h"
#include "lib/token/claims.h"

namespace usher::verify {

// The claims whose signature was valid, and what that rests on. Made once per
// token and shared with the cache; immutable.
struct SignedClaims {
  token::Claims claims;
  std::string issuer_name;
  uint64_t issuer_serial = 0;  // issuer::Issuer::serial()
  // The kind whose claims were read: audience_claim can depend on it.
  TokenKind read_as = TokenKind::kAccessToken;
  std::optional<std::string> type;  // the typ header: checked on each use
  // Of the key that signed it; absent where the provider answered for the token
  // (introspection) instead.
  std::optional<std::string> key_id;
  std::optional<jose::Sha256Digest> key_thumbprint;
  std::optional<jose::Alg> algorithm;
};

// Cheap to copy. Thread-safe to read.
class VerifiedToken {
 public:
  const token::Claims& claims() const { return signed_->claims; }
  const std::string& issuer_name() const { return signed_->issuer_name; }
  const std::optional<std::string>& key_id() const { return signed_->key_id; }
  std::optional<jose::Alg> algorithm() const { return signed_->algorithm; }

  TokenKind kind() const { return kind_; }
  // How long this verdict may be reused, counted from the request; zero while
  // keys are stale.
  absl::Duration cache_for() const { return cache_for_; }
  bool stale_keys() const { return stale_keys_; }
  absl::Time evaluated_at() const { return evaluated_at_; }

 private:
  friend class Evaluation;
  VerifiedToken() = default;
  std::shared_ptr<const SignedClaims> signed_;
  TokenKind kind_ = TokenKind::kAccessToken;
  absl::Duration cache_for_;
  bool stale_keys_ = false;
  absl::Time evaluated_at_;
};

// Verified; denied or undecided, as the Refusal's Reason says.
using Verdict = base::Result<VerifiedToken>;

}  // namespace usher::verify
