// Counts calls, those that the gate refuses included, for an observer who wants
// to hear of them method by method.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_interceptor.h"
#include "lib/base/snapshot.h"
#include "usher/guard_observer.h"

namespace usher::guard {

// Thread-safe.
class CallMetrics {
 public:
  // Null where `observer` is null or does not want to hear.
  static std::shared_ptr<CallMetrics> For(
      std::shared_ptr<GuardObserver> observer);

  // From now on the methods of these services ("shop.v1.Orders") are known by
  // name: what a program's own protobuf descriptors say of them. Nothing that
  // a client sends can make a method known.
  void Learn(const std::vector<std::string>& services);

  // Who hears of calls to `path`: that method, "unknown" of a service that is
  // registered without a descriptor, else "unknown" of "unknown".
  MethodObserver& Find(std::string_view path) const;

  // A call that ends here, after `took`.
  void Refused(std::string_view path, absl::StatusCode code,
               absl::Duration took) const;

 private:
  using Methods = absl::flat_hash_map<std::string, MethodObserver*>;

  CallMetrics(std::shared_ptr<GuardObserver> observer, MethodObserver& unknown);

  const std::shared_ptr<GuardObserver> observer_;
  MethodObserver& unknown_;
  // By "/shop.v1.Orders/Delete", and by "/shop.v1.Orders/" where only the
  // service is known.
  base::Snapshot<Methods> methods_;
};

// Tells `meter` of the calls that reach a handler.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMetricsFactory(std::shared_ptr<CallMetrics> call_metrics);

// Has `meter` learn the services of `builder` when the server starts.
void LearnAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<CallMetrics> call_metrics);

}  // namespace usher::guard
