// The guard's metrics, for prometheus-cpp. Link usher::guard_prometheus.
//
//   prometheus::Registry registry;
//   auto guard = usher::Guard::Create(
//       {..., .observer = usher::PrometheusObserver(registry)});
//
//   usher_guard_calls_total{result, reason, source}   result is admitted,
//       refused or undecided; reason is a name of docs/reasons.md or ""; source
//       is usherd if the token had to be verified, else memory
//   usher_guard_wait_seconds                          histogram of the calls
//       that waited for a verification
//   usher_guard_undecided_total{cause}                verifications without a
//       decision
//   usher_guard_policy_reloads_total{result}          changed policy files;
//       result is ok or failed
//
// and, refused calls included, the metrics that go-grpc-prometheus defined:
//
//   grpc_server_started_total{grpc_type, grpc_service, grpc_method}
//   grpc_server_handled_total{..., grpc_code}         code as Go writes it:
//                                                     "Unauthenticated"
//   grpc_server_msg_received_total, grpc_server_msg_sent_total
//   grpc_server_handling_seconds                      histogram
//
// Type is unary, client_stream, server_stream or bidi_stream. All three labels
// are "unknown" for a call to a method that no registered service has.
#pragma once

#include <memory>

#include "usher/guard_observer.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace usher {

// Adds the metrics to `registry`, which must outlive the observer and every
// guard that uses it. All labels come from fixed lists: no caller can add a
// series.
std::shared_ptr<GuardObserver> PrometheusObserver(
    prometheus::Registry& registry);

}  // namespace usher
