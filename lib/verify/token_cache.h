// Remembers tokens whose signature was valid, so that a second verification
// costs a hash and a compare.
//
// It never remembers a decision: time, audience, scope and policy are checked
// on every hit, and so is whether the key is still served and the issuer's
// settings are still the same. Only verified tokens are stored, so a sender
// cannot fill it with tokens that no issuer signed. A hit compares the whole
// token in constant time (lib/base/token_map.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "lib/base/token_map.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// Thread-safe.
class TokenCache {
 public:
  struct Limits {
    size_t entries = 65536;     // 0: off
    size_t bytes = 128u << 20;  // tokens, claims and overhead together
    absl::Duration longest_life = absl::Minutes(5);
  };
  using Counts = base::TokenMapCounts;

  explicit TokenCache(Limits limits);

  // The claims of exactly this token, or null. The caller still checks the key,
  // the issuer, time and policy.
  std::shared_ptr<const SignedClaims> Find(std::string_view token,
                                           absl::Time now);

  // Keeps `claims` until their exp, or for longest_life if that is sooner or
  // they have no exp.
  void Put(std::string_view token, std::shared_ptr<const SignedClaims> claims,
           absl::Time now);

  // Forgets this token: its key or its issuer has changed.
  void Erase(std::string_view token);

  Counts counts() const { return map_.counts(); }

 private:
  const Limits limits_;
  base::TokenMap<SignedClaims> map_;
};

}  // namespace usher::verify
