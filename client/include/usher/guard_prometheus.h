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
//   usher_guard_policy_reloads_total{result}          changed policy files;
//       result is ok or failed
//
// and, with the names and labels that go-grpc-prometheus made usual, refused
// calls included:
//
//   grpc_server_started_total{grpc_type, grpc_service, grpc_method}
//   grpc_server_handled_total{..., grpc_code}         code as Go writes it:
//                                                     "Unauthenticated"
//   grpc_server_msg_received_total, grpc_server_msg_sent_total
//   grpc_server_handling_seconds                      histogram
//
// Type is unary, client_stream, server_stream or bidi_stream. A call to what is
// no method of a service registered with the server has "unknown" for all
// three.
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
