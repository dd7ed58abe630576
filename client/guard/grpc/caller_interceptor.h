// Attaches the caller to each call and hides the token from handlers.
//
// An interceptor cannot keep a handler from running: the gate does that. A call
// that did not pass the gate (an in-process channel) has no caller. It is
// cancelled or, if a wrapper stands in front of its handler
// (usher/guarded_service.h), refused.
#pragma once

#include <memory>
#include <utility>

#include "client/guard/decide/authorizer.h"
#include "client/guard/grpc/installation.h"
#include "grpcpp/support/server_interceptor.h"

namespace usher::guard {

// Who may use the token of an admitted call.
struct TokenExposure {
  bool show_to_handlers = false;
  bool keep_to_forward = false;  // in the call's CallerSlot
};

class InterceptorFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  // Sets has_interceptor of `installation` while it lives: a builder whose
  // interceptors are replaced destroys the old ones.
  InterceptorFactory(std::shared_ptr<Authorizer> authorizer,
                     TokenExposure exposure,
                     std::shared_ptr<Installation> installation)
      : authorizer_(std::move(authorizer)),
        exposure_(exposure),
        installation_(std::move(installation)) {
    installation_->has_interceptor = true;
  }
  ~InterceptorFactory() override { installation_->has_interceptor = false; }

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  const std::shared_ptr<Authorizer> authorizer_;
  const TokenExposure exposure_;
  const std::shared_ptr<Installation> installation_;
};

}  // namespace usher::guard
