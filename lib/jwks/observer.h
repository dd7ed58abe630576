// What a Cache reports about its fetches.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace usher::jwks {

// Why a fetch began.
enum class Trigger { kStartup, kRefresh, kUnknownKid, kManual, kFileChanged };

// Called on a fetching thread, so it must return quickly. Thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnFetch(const std::string& issuer_name, Trigger trigger,
                       const absl::Status& result, absl::Duration took) = 0;
  // The key set now served differs from the one before.
  virtual void OnKeysChanged(const std::string& issuer_name, size_t keys) = 0;
};

}  // namespace usher::jwks
