// Tells the handler who is calling, and takes the token out of its sight.
//
// An interceptor cannot keep a handler from running; the gate does that. What
// comes here without having passed the gate (an in-process channel) is
// cancelled and has no caller. Where a wrapper stands before the handler
// (usher/guarded_service.h), it is refused, and this says how.
#pragma once

#include <memory>
#include <utility>

#include "client/guard/decide/authorizer.h"
#include "client/guard/grpc/installation.h"
#include "grpcpp/support/server_interceptor.h"

namespace usher::guard {

// What is done with the token of an admitted call.
struct TokenCare {
  bool show_to_handlers = false;
  bool keep_to_forward = false;  // in the call's CallerSlot
};

class InterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // `installation` is intact as long as this lives: a builder whose
  // interceptors are replaced destroys those it had.
  InterceptorFactory(std::shared_ptr<Authorizer> authorizer, TokenCare care,
                     std::shared_ptr<Installation> installation)
      : authorizer_(std::move(authorizer)),
        care_(care),
        installation_(std::move(installation)) {
    installation_->intact = true;
  }
  ~InterceptorFactory() override { installation_->intact = false; }

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  const std::shared_ptr<Authorizer> authorizer_;
  const TokenCare care_;
  const std::shared_ptr<Installation> installation_;
};

}  // namespace usher::guard
