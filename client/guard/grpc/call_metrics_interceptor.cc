#include <chrono>
#include <utility>

#include "client/guard/grpc/call_metrics.h"

namespace usher::guard {
namespace {

using Hook = grpc::experimental::InterceptionHookPoints;

class MeterInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit MeterInterceptor(MethodObserver& observer) : observer_(observer) {}
  // A call whose handler never finished it: the client has gone.
  ~MeterInterceptor() override { End(absl::StatusCode::kCancelled); }

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    const auto at = [&](Hook hook) {
      return methods->QueryInterceptionHookPoint(hook);
    };
    if (at(Hook::POST_RECV_INITIAL_METADATA)) Begin();
    // Null at the end of a stream.
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
  // Not before: a completion queue that is shut down has interceptors for calls
  // that never came.
  void Begin() {
    began_ = std::chrono::steady_clock::now();
    under_way_ = true;
    observer_.OnStarted();
  }
  void End(absl::StatusCode code) {
    if (!std::exchange(under_way_, false)) return;
    observer_.OnHandled(
        code, absl::FromChrono(std::chrono::steady_clock::now() - began_));
  }

  MethodObserver& observer_;
  std::chrono::steady_clock::time_point began_;
  bool under_way_ = false;
};

class Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(std::shared_ptr<CallMetrics> call_metrics)
      : call_metrics_(std::move(call_metrics)) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new MeterInterceptor(call_metrics_->Find(info->method()));
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
