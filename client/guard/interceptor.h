// Tells the handler who is calling, and takes the token out of its sight.
//
// An interceptor cannot keep a handler from running; the gate does that. What
// comes here without having passed the gate (an in-process channel) is
// cancelled and has no caller.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "client/guard/gatekeeper.h"
#include "grpcpp/support/server_interceptor.h"

namespace usher::guard {

class InterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `installed` is true as long as this lives: a builder whose interceptors
  // are replaced destroys those it had.
  InterceptorFactory(std::shared_ptr<Gatekeeper> keeper, bool show_token,
                     std::shared_ptr<std::atomic<bool>> installed)
      : keeper_(std::move(keeper)),
        show_token_(show_token),
        installed_(std::move(installed)) {
    *installed_ = true;
  }
  ~InterceptorFactory() override { *installed_ = false; }

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  const std::shared_ptr<Gatekeeper> keeper_;
  const bool show_token_;
  const std::shared_ptr<std::atomic<bool>> installed_;
};

}  // namespace usher::guard
