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

// Whether the call came through a port that has credentials, hence a gate. An
// in-process channel has none.
bool CameThroughAPort(grpc_call* call) {
  grpc_auth_context* peer = grpc_call_auth_context(call);
  if (peer == nullptr) return false;
  grpc_auth_context_release(peer);
  return true;
}

constexpr char kPassedNoGate[] = "the call did not pass the guard's gate";

std::shared_ptr<const Ruling> PassedNoGate() {
  return std::make_shared<const Ruling>(
      Ruling{.code = absl::StatusCode::kUnauthenticated,
             .message = kPassedNoGate,
             .token_judged = false});
}

class CallerInterceptor final : public grpc::experimental::Interceptor {
 public:
  // `keeper` and `wrapped` live in the factory, which outlives every call.
  // `wrapped`: the name of the call's method, or null (CallFacts).
  CallerInterceptor(Authorizer& authorizer, TokenCare care,
                    const std::string* wrapped,
                    grpc::experimental::ServerRpcInfo* info)
      : authorizer_(authorizer), care_(care), wrapped_(wrapped), info_(info) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      Arrive(*info_->server_context());
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
  void Arrive(grpc::ServerContextBase& context) {
    CallMetadata metadata(context);
    Authorizer::Admitted admitted = FindAdmitted(metadata);
    if (care_.keep_to_forward && admitted.caller != nullptr) {
      slot_.Keep(Secret(std::string(admitted.token)));
    }
    admitted.token = {};
    if (!care_.show_to_handlers) metadata.TakeAuthorizationAway();
    if (admitted.open && wrapped_ == nullptr) return;
    if (admitted.open)
      return slot_.Attach(std::shared_ptr<const Caller>(), context);
    const bool gated = CameThroughAPort(context.c_call());
    if (gated && admitted.caller != nullptr) {
      return slot_.Attach(std::move(admitted.caller), context);
    }
    if (wrapped_ != nullptr) {
      return slot_.Attach(gated && admitted.refusal != nullptr
                              ? std::move(admitted.refusal)
                              : PassedNoGate(),
                          context);
    }
    grpc_call_cancel_with_status(context.c_call(), GRPC_STATUS_UNAUTHENTICATED,
                                 kPassedNoGate, nullptr);
  }

  Authorizer::Admitted FindAdmitted(const CallMetadata& metadata) {
    std::array<std::string_view, 2> authorization;
    const size_t found = metadata.Find("authorization", authorization);
    return authorizer_.FindAdmitted(
        {info_->method(), {authorization.data(), found}, wrapped_});
  }

  Authorizer& authorizer_;
  const TokenCare care_;
  const std::string* const wrapped_;
  grpc::experimental::ServerRpcInfo* const info_;
  CallerSlot slot_;
};

}  // namespace

grpc::experimental::Interceptor* InterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  const WrappedMethods* wrapped = installation_->wrapped.get();
  return new CallerInterceptor(
      *authorizer_, care_,
      wrapped == nullptr ? nullptr : wrapped->Find(info->method()), info);
}

}  // namespace usher::guard
