// Counts calls method by method, those that the gate refuses included, for an
// observer that asks for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_interceptor.h"
#include "lib/base/mutex.h"
#include "lib/base/snapshot.h"
#include "usher/guard_observer.h"

namespace usher::guard {

// Thread-safe.
class CallMetrics {
 public:
  // Null if `observer` is null or observes no methods.
  static std::shared_ptr<CallMetrics> Create(
      std::shared_ptr<GuardObserver> observer);

  // Adds the methods of these services ("shop.v1.Orders"), as the program's own
  // protobuf descriptors list them. No client can add a method.
  void AddServices(const std::vector<std::string>& services);

  // The observer of calls to `path`: of that method; of "unknown" in its
  // service if that is registered without a descriptor; else of "unknown" in
  // "unknown".
  MethodObserver& Find(std::string_view path) const;

  // A call that was refused by the gate, `took` after it came.
  void CountRefused(std::string_view path, absl::StatusCode code,
                    absl::Duration took) const;

 private:
  using Methods = absl::flat_hash_map<std::string, MethodObserver*>;

  CallMetrics(std::shared_ptr<GuardObserver> observer, MethodObserver& unknown);

  const std::shared_ptr<GuardObserver> observer_;
  MethodObserver& unknown_;
  base::Mutex adding_;  // one AddServices() at a time
  // By "/shop.v1.Orders/Delete", and by "/shop.v1.Orders/" if only the service
  // is known.
  base::Snapshot<Methods> methods_;
};

// An interceptor that counts the calls that reach a handler.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMetricsFactory(std::shared_ptr<CallMetrics> call_metrics);

// Makes BuildAndStart() add the services of `builder` to `call_metrics`.
void AddServicesAtStart(grpc::ServerBuilder& builder,
                        std::shared_ptr<CallMetrics> call_metrics);

}  // namespace usher::guard
