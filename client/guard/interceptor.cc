#include "client/guard/interceptor.h"

#include <array>
#include <map>
#include <string_view>

#include "client/guard/caller_slot.h"
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

class CallerInterceptor final : public grpc::experimental::Interceptor {
 public:
  // `keeper` lives in the factory, which outlives every call.
  CallerInterceptor(Gatekeeper& keeper, bool show_token,
                    grpc::experimental::ServerRpcInfo* info)
      : keeper_(keeper), show_token_(show_token), info_(info) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) noexcept override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      Arrive(*methods->GetRecvInitialMetadata());
    }
    methods->Proceed();
  }

 private:
  void Arrive(Metadata& metadata) {
    grpc::ServerContextBase& context = *info_->server_context();
    Gatekeeper::Admitted admitted = FindAdmitted(metadata);
    if (!show_token_) {
      metadata.erase("authorization");
      metadata.erase("authorization-bin");
    }
    if (admitted.open) return;
    if (admitted.caller != nullptr && CameThroughAPort(context.c_call())) {
      return slot_.Attach(std::move(admitted.caller), context);
    }
    grpc_call_cancel_with_status(context.c_call(), GRPC_STATUS_UNAUTHENTICATED,
                                 "the call did not pass the guard's gate",
                                 nullptr);
  }

  Gatekeeper::Admitted FindAdmitted(const Metadata& metadata) {
    std::array<std::string_view, 2> authorization;
    size_t found = 0;
    const auto [first, last] = metadata.equal_range("authorization");
    for (auto entry = first; entry != last && found < 2; ++entry) {
      authorization[found++] = {entry->second.data(), entry->second.size()};
    }
    return keeper_.FindAdmitted(
        {info_->method(), {authorization.data(), found}});
  }

  Gatekeeper& keeper_;
  const bool show_token_;
  grpc::experimental::ServerRpcInfo* const info_;
  CallerSlot slot_;
};

}  // namespace

grpc::experimental::Interceptor* InterceptorFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new CallerInterceptor(*keeper_, show_token_, info);
}

}  // namespace usher::guard
