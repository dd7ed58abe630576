// Judges tokens: the whole path from bytes to verdict.
//
//   form -> critical headers -> type -> algorithm -> issuer -> key -> signature
//        -> claims -> time -> audience -> kind -> binding -> scope
//
// The order is fixed. When a token has several faults the first one is told.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/issuer/registry.h"
#include "lib/verify/explanation.h"
#include "lib/verify/observer.h"
#include "lib/verify/requirements.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// Judges by one registry, from the beginning of a request to its end, even when
// the configuration changes meanwhile. Cheap to copy. Thread-safe.
class Verifier {
 public:
  // What is referred to must outlive every Verify() that has not called back. A
  // Verify() that waits keeps the registry, and so its issuers' key caches,
  // until it has called back.
  struct Parts {
    std::shared_ptr<const issuer::Registry> issuers;  // not null
    const base::Clock& clock;
    Observer& observer;
    TokenCache& cache;
  };
  explicit Verifier(Parts parts) : parts_(std::move(parts)) {}

  // Judges from memory, or not at all: nothing when only the network can tell.
  // Never waits and takes no lock but one cache shard's.
  std::optional<Verdict> Decide(std::string_view token,
                                const Requirements& requirements) const;

  // Calls `done` exactly once: inline when memory suffices, else later on the
  // key caches' executor, at the latest by `deadline` or after the issuer's
  // unknown_kid_wait, whichever comes first.
  void Verify(std::string token, Requirements requirements, absl::Time deadline,
              std::function<void(Verdict)> done) const;

  // A wrong question, as opposed to a bad token: the token's issuer has several
  // audiences, and neither the request nor the caller's settings name any.
  // Nothing where the question is fine. The message is for the asking service's
  // developer.
  std::optional<std::string> FaultIn(std::string_view token,
                                     const Requirements& requirements) const;

  // The operator's name for the issuer that `token` says it is from; "" where
  // it says none that is configured. Nothing is verified: for telling whose
  // tokens are refused.
  std::string IssuerNameOf(std::string_view token) const;

  struct Explained {
    Verdict verdict;
    std::vector<Check> checks;
  };
  // As Decide(), telling every check. Consults no cache but the keys, fetches
  // nothing, and counts in no metric. For operators only: an oracle.
  Explained Explain(std::string_view token,
                    const Requirements& requirements) const;

 private:
  class Waiting;
  void Tell(const Verdict& verdict, std::string_view issuer_name, Path path,
            std::chrono::steady_clock::time_point began) const;

  const Parts parts_;
};

}  // namespace usher::verify
