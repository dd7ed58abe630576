#include "client/guard/grpc/caller_interceptor.h"

#include <array>
#include <string>
#include <string_view>

#include "client/guard/grpc/caller_slot.h"
#include "client/guard/grpc/internals/call_metadata.h"
#include "client/guard/grpc/rich_status.h"
#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace usher::guard {
namespace {

using grpc::experimental::InterceptionHookPoints;

// Whether the call came through a port, which has credentials and so a gate. An
// in-process channel has none.
bool CameThroughPort(grpc_call* call) {
  grpc_auth_context* peer = grpc_call_auth_context(call);
  if (peer == nullptr) return false;
  grpc_auth_context_release(peer);
  return true;
}

constexpr char kNoGate[] = "the call did not pass the guard's gate";

std::shared_ptr<const Decision> RefuseUngated() {
  return std::make_shared<const Decision>(
      Decision{.code = absl::StatusCode::kUnauthenticated,
               .message = kNoGate,
               .token_checked = false});
}

class CallerInterceptor final : public grpc::experimental::Interceptor {
 public:
  // `authorizer` and `wrapped` belong to the factory, which outlives every
  // call. `wrapped` is the name of the call's method, or null: see CallInfo.
  CallerInterceptor(Authorizer& authorizer, TokenExposure exposure,
                    const std::string* wrapped,
                    grpc::experimental::ServerRpcInfo* info)
      : authorizer_(authorizer),
        exposure_(exposure),
        wrapped_(wrapped),
        info_(info) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      OnCall(*info_->server_context());
    }
    if (slot_.refusal() != nullptr &&
        methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      methods->ModifySendStatus(RichStatus(*slot_.refusal()));
      AddChallenge(*slot_.refusal(), info_->method(),
                   *methods->GetSendTrailingMetadata());
    }
    methods->Proceed();
  }

 private:
  void OnCall(grpc::ServerContextBase& context) {
    CallMetadata metadata(context);
    const bool gated = CameThroughPort(context.c_call());
    Authorizer::Identity identity = FindIdentity(metadata, gated);
    if (exposure_.keep_to_forward && identity.caller != nullptr) {
      slot_.SetToken(Secret(std::string(identity.token)));
    }
    identity.token = {};
    if (!exposure_.show_to_handlers)
      metadata.RemoveTokens(authorizer_.token_header());
    if (!HasMethod()) return;  // ends UNIMPLEMENTED
    if (identity.anonymous) return AttachAnonymous(context);
    if (gated && identity.caller != nullptr) {
      return slot_.Attach(std::move(identity.caller), context);
    }
    if (wrapped_ != nullptr) {
      return slot_.Attach(gated && identity.refusal != nullptr
                              ? std::move(identity.refusal)
                              : RefuseUngated(),
                          context);
    }
    grpc_call_cancel_with_status(context.c_call(), GRPC_STATUS_UNAUTHENTICATED,
                                 kNoGate, nullptr);
  }

  // False: the gate has admitted the call, but the server has no such method.
  // gRPC runs a handler of its own, under a name that is no path ("unknown" in
  // sync style).
  bool HasMethod() const { return *info_->method() == '/'; }

  // Only a wrapper needs to know that the call is admitted.
  void AttachAnonymous(grpc::ServerContextBase& context) {
    if (wrapped_ == nullptr) return;
    slot_.Attach(std::shared_ptr<const Caller>(), context);
  }

  Authorizer::Identity FindIdentity(const CallMetadata& metadata, bool gated) {
    std::array<std::string_view, 2> tokens;
    const size_t found = metadata.Find(authorizer_.token_header(), tokens);
    const CallInfo call = {info_->method(), {tokens.data(), found}, wrapped_};
    return gated ? authorizer_.FindIdentity(call)
                 : authorizer_.FindUngated(call);
  }

  Authorizer& authorizer_;
  const TokenExposure exposure_;
  const std::string* const wrapped_;
  grpc::experimental::ServerRpcInfo* const info_;
  CallerSlot slot_;
};

}  // namespace

grpc::experimental::Interceptor* InterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  const WrappedMethods* wrapped = installation_->wrapped.get();
  return new CallerInterceptor(
      *authorizer_, exposure_,
      wrapped == nullptr ? nullptr : wrapped->Find(info->method()), info);
}

}  // namespace usher::guard
