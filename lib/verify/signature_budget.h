// Bounds the processor time for checking signatures.
//
// A forged token costs its sender nothing and the verifier a signature check.
// So no sender gets all of the time:
//
//   one client service             3/4 of the processors
//   one issuer's tokens from it    1/2
//   one issuer's signed tokens     3/4, from all client services together
//
// What an issuer did not sign does not count against the issuer, so that no
// client service can use up an issuer's time with forged tokens and take it
// from the others. Cached tokens cost nothing and are not counted.
//
// Each share is a token bucket of two seconds of its rate, and may be overdrawn
// by the checks that are running.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"

namespace usher::verify {

// Thread-safe. Takes a lock for a few hash lookups.
class SignatureBudget {
 public:
  enum class Bound { kClientService, kIssuer };
  static constexpr size_t kBounds = 2;
  static constexpr absl::Duration kBurst = absl::Seconds(2);

  // `processors` may be a fraction; more than 0.
  explicit SignatureBudget(double processors) : processors_(processors) {}

  struct Use {
    std::string_view client_service;  // "": anonymous
    std::string_view issuer;          // the configured name
  };
  // Which share is used up, which is counted as a refusal; absent: none is.
  std::optional<Bound> FindExceeded(const Use& use, absl::Time now);

  enum class Signature { kValid, kInvalid };
  // After a check that took `processor_time`.
  void Charge(const Use& use, Signature signature,
              absl::Duration processor_time, absl::Time now);

  uint64_t refused(Bound bound) const {
    return refused_[static_cast<size_t>(bound)].load(std::memory_order_relaxed);
  }

 private:
  // When everything that was used has been earned again, by name.
  using Debts = absl::flat_hash_map<std::string, absl::Time, base::StringHash,
                                    std::equal_to<>>;

  static bool IsExceeded(Debts& debts, std::string_view name, absl::Time now);
  void Add(Debts& debts, std::string_view name, double share,
           absl::Duration processor_time, absl::Time now);

  const double processors_;
  std::array<std::atomic<uint64_t>, kBounds> refused_{};

  base::Mutex mutex_;
  Debts client_services_ ABSL_GUARDED_BY(mutex_);
  Debts issuers_ ABSL_GUARDED_BY(mutex_);
  // Of an issuer's tokens from one client service.
  Debts both_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::verify
