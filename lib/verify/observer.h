// Verdicts as they happen, for metrics.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "usher/reason.h"

namespace usher::verify {

// Where the answer came from: the cache of verified tokens, the keys in memory,
// or a fetch from the provider.
enum class VerdictSource { kCache, kLocal, kNetwork };
inline constexpr size_t kVerdictSources = 3;

// Thread-safe. Called on the thread that reached the verdict, so it must be
// quick and must not block.
class Observer {
 public:
  virtual ~Observer() = default;
  // `issuer_name` is the operator's name, "" where the issuer is unknown.
  // `reason` is absent for a verified token. `took` counts from Decide().
  virtual void OnVerdict(std::string_view issuer_name,
                         std::optional<Reason> reason, VerdictSource source,
                         bool stale_keys, absl::Duration took) = 0;
};

}  // namespace usher::verify
