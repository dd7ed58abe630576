#include "client/guard/interceptor.h"

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "client/guard/caller_slot.h"
#include "client/guard/rich_status.h"
#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace usher::guard {
namespace {

using grpc::experimental::InterceptionHookPoints;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

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
  return std::make_shared<const Ruling>(Ruling{
      .code = absl::StatusCode::kUnauthenticated, .message = kPassedNoGate});
}

class CallerInterceptor final : public grpc::experimental::Interceptor {
 public:
  // `keeper` and `wrapped` live in the factory, which outlives every call.
  // `wrapped`: the name of the call's method, or null (CallFacts).
  CallerInterceptor(Gatekeeper& keeper, TokenCare care,
                    const std::string* wrapped,
                    grpc::experimental::ServerRpcInfo* info)
      : keeper_(keeper), care_(care), wrapped_(wrapped), info_(info) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      Arrive(*methods->GetRecvInitialMetadata());
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
  void Arrive(Metadata& metadata) {
    grpc::ServerContextBase& context = *info_->server_context();
    Gatekeeper::Admitted admitted = FindAdmitted(metadata);
    if (care_.keep_to_forward && admitted.caller != nullptr) {
      slot_.Keep(base::Secret(std::string(admitted.token)));
    }
    if (!care_.show_to_handlers) {
      metadata.erase("authorization");
      metadata.erase("authorization-bin");
    }
    if (admitted.open && wrapped_ == nullptr) return;
    if (admitted.open ||
        (admitted.caller != nullptr && CameThroughAPort(context.c_call()))) {
      return slot_.Attach(std::move(admitted.caller), context);
    }
    if (wrapped_ != nullptr) {
      return slot_.Attach(admitted.refusal == nullptr
                              ? PassedNoGate()
                              : std::move(admitted.refusal),
                          context);
    }
    grpc_call_cancel_with_status(context.c_call(), GRPC_STATUS_UNAUTHENTICATED,
                                 kPassedNoGate, nullptr);
  }

  Gatekeeper::Admitted FindAdmitted(const Metadata& metadata) {
    std::array<std::string_view, 2> authorization;
    size_t found = 0;
    const auto [first, last] = metadata.equal_range("authorization");
    for (auto entry = first; entry != last && found < 2; ++entry) {
      authorization[found++] = {entry->second.data(), entry->second.size()};
    }
    return keeper_.FindAdmitted(
        {info_->method(), {authorization.data(), found}, wrapped_});
  }

  Gatekeeper& keeper_;
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
      *keeper_, care_,
      wrapped == nullptr ? nullptr : wrapped->Find(info->method()), info);
}

}  // namespace usher::guard
