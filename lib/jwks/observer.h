// What a Cache reports about its fetches.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace usher::jwks {

// Why a fetch began.
enum class Trigger {
  kStartup,
  kRefresh,
  kUnknownKid,  // a token names a key that is not in the set
  kManual,
  kFileChanged,
  // A known key does not verify a token that may be newer than the key.
  kFailedSignature,
};

// Called on a fetching thread, so it must return quickly. Thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnFetch(const std::string& issuer_name, Trigger trigger,
                       const absl::Status& result, absl::Duration took) = 0;
  // The key set now served differs from the one before.
  virtual void OnKeysChanged(const std::string& issuer_name, size_t keys) = 0;
  // The set has other unusable keys than the one before; `why` is
  // jose::KeySet::ignored(), and not empty.
  virtual void OnUnusableKeys(const std::string& /*issuer_name*/,
                              std::span<const std::string> /*why*/) {}
  // The key set now served differs from the one before, and has keys that no
  // token can select: jose::KeySet::WhyAmbiguous().
  virtual void OnAmbiguousKeys(const std::string& /*issuer_name*/,
                               const std::string& /*why*/) {}
};

}  // namespace usher::jwks
