// The guard's metrics, for prometheus-cpp. Link usher::guard_prometheus.
//
//   prometheus::Registry registry;
//   auto guard = usher::Guard::Create(
//       {..., .observer = usher::PrometheusObserver(registry)});
//
//   usher_guard_calls_total{result, reason, source}   result is admitted,
//       refused or undecided; reason a name of docs/reasons.md or ""; source
//       usherd where the call waited for it, else memory
//   usher_guard_wait_seconds                          histogram of such waits
//   usher_guard_undecided_total{cause}                questions without answer
#pragma once

#include <memory>

#include "usher/guard_observer.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace usher {

// Adds the metrics to `registry`, which must outlive whatever uses the
// observer. Labels come from fixed lists only: no caller can add a series.
std::shared_ptr<GuardObserver> PrometheusObserver(
    prometheus::Registry& registry);

}  // namespace usher
