// Remembers for a short while what issuers answered about tokens.
//
// An opaque token is a credential that must not be kept, so an answer is found
// by the token's SHA-256, compared in full, together with the issuer. It is
// never a decision: time, audience, kind, scope and rules are checked on every
// hit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/base/token_map.h"
#include "lib/introspect/answer.h"
#include "lib/jose/digest.h"
#include "lib/token/claims.h"

namespace usher::introspect {

// An answer, and how long it may be used.
struct TimedAnswer {
  Answer answer;
  absl::Time until;  // InfinitePast() for an EndpointError
};

// Thread-safe.
class AnswerCache {
 public:
  struct Limits {
    // Active tokens.
    base::TokenMapLimits positive = {.entries = 65536, .bytes = 64u << 20};
    absl::Duration positive_life = absl::Seconds(30);  // exp ends it sooner
    // Denied ones: a pool of their own, so that made-up tokens push out no good
    // one.
    base::TokenMapLimits negative = {.entries = 16384, .bytes = 8u << 20};
    absl::Duration negative_life = absl::Seconds(10);
  };
  explicit AnswerCache(Limits limits);

  // Which token, and by whose settings its answer was read: an issuer whose
  // settings change is another one (issuer::Issuer::serial()).
  struct Key {
    jose::Sha256Digest digest;
    uint64_t issuer = 0;
  };

  // Claims or a Refusal.
  std::optional<TimedAnswer> Find(const Key& key, absl::Time now);
  // Keeps `answer`, unless it is an EndpointError, and says until when.
  TimedAnswer Put(const Key& key, Answer answer, absl::Time now);

  base::TokenMapCounts positive_counts() const { return positive_.counts(); }
  base::TokenMapCounts negative_counts() const { return negative_.counts(); }

 private:
  const Limits limits_;
  base::TokenMap<TimedAnswer> positive_;
  base::TokenMap<TimedAnswer> negative_;
};

}  // namespace usher::introspect
