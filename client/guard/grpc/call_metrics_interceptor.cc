#include <chrono>
#include <utility>

#include "client/guard/grpc/call_metrics.h"

namespace usher::guard {
namespace {

using Hook = grpc::experimental::InterceptionHookPoints;

class CallMetricsInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit CallMetricsInterceptor(MethodObserver& observer)
      : observer_(observer) {}
  // Counts a call that has no status: its client has gone.
  ~CallMetricsInterceptor() override { End(absl::StatusCode::kCancelled); }

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    const auto at = [&](Hook hook) {
      return methods->QueryInterceptionHookPoint(hook);
    };
    if (at(Hook::POST_RECV_INITIAL_METADATA)) Begin();
    // The message is null at the end of a stream.
    if (at(Hook::POST_RECV_MESSAGE) && methods->GetRecvMessage() != nullptr) {
      observer_.OnMessageReceived();
    }
    if (at(Hook::PRE_SEND_MESSAGE)) observer_.OnMessageSent();
    if (at(Hook::PRE_SEND_STATUS)) {
      End(static_cast<absl::StatusCode>(methods->GetSendStatus().error_code()));
    }
    methods->Proceed();
  }

 private:
  // Not in the constructor: a completion queue that is shut down has
  // interceptors of calls that never came.
  void Begin() {
    start_ = std::chrono::steady_clock::now();
    running_ = true;
    observer_.OnStarted();
  }
  void End(absl::StatusCode code) {
    if (!std::exchange(running_, false)) return;
    observer_.OnHandled(
        code, absl::FromChrono(std::chrono::steady_clock::now() - start_));
  }

  MethodObserver& observer_;
  std::chrono::steady_clock::time_point start_;
  bool running_ = false;
};

class Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::shared_ptr<CallMetrics> call_metrics)
      : call_metrics_(std::move(call_metrics)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new CallMetricsInterceptor(call_metrics_->Find(info->method()));
  }

 private:
  const std::shared_ptr<CallMetrics> call_metrics_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMetricsFactory(std::shared_ptr<CallMetrics> call_metrics) {
  return std::make_unique<Factory>(std::move(call_metrics));
}

}  // namespace usher::guard
