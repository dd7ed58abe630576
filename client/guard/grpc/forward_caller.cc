#include "usher/forward_caller.h"

#include <map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "client/guard/decide/forward_rule.h"
#include "client/guard/grpc/caller_slot.h"
#include "client/guard/grpc/internals/custom_call_credentials.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "usher/secret.h"

namespace usher {
namespace {

using guard::Decision;

// A caller and its token. Lives as long as the calls that use it, which can be
// longer than the call it came with.
struct CallerToken {
  Caller caller;
  Secret token;
};
using SharedToken = std::shared_ptr<const CallerToken>;

// The call credentials of this file. None of them sends anything without a
// caller.
class ForwardingCredentials : public guard::CustomCallCredentials {
 protected:
  static bool End(grpc_call* call, const Decision& decision) {
    return EndCall(call, static_cast<grpc_status_code>(decision.code),
                   decision.message);
  }
};

// Ends a call that has no caller to forward.
class FailingCredentials final : public ForwardingCredentials {
 public:
  explicit FailingCredentials(std::string why) : why_(std::move(why)) {}
  std::string DebugString() override { return "usher: no caller"; }

 private:
  bool Apply(grpc_call* call) override {
    return EndCall(call, GRPC_STATUS_FAILED_PRECONDITION, why_);
  }

  const std::string why_;
};

std::shared_ptr<grpc::CallCredentials> FailWith(std::string_view why) {
  return std::make_shared<FailingCredentials>(std::string(why));
}

// A caller that was attached to the call. A ForwardingInterceptor replaces
// these by CallerCredentials; without one the call ends.
class AttachedCaller final : public ForwardingCredentials {
 public:
  explicit AttachedCaller(SharedToken token) : token_(std::move(token)) {}
  std::string DebugString() override { return "usher: attached caller"; }
  const SharedToken& token() const { return token_; }

 private:
  bool Apply(grpc_call* call) override {
    return EndCall(call, GRPC_STATUS_FAILED_PRECONDITION,
                   "a caller was attached on a channel without a "
                   "ForwardingInterceptor: use ForwardCaller()");
  }

  const SharedToken token_;
};

// Sends the token. gRPC asks it only on a channel that is as secure as was
// demanded.
class BearerPlugin final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit BearerPlugin(SharedToken token) : token_(std::move(token)) {}
  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "usher.Caller"; }
  grpc::Status GetMetadata(
      grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
      std::multimap<std::string, std::string>* metadata) override {
    metadata->emplace("authorization",
                      base::StrCat("Bearer ", token_->token.Reveal()));
    return grpc::Status::OK;
  }
  std::string DebugString() override { return "usher: a caller's token"; }

 private:
  const SharedToken token_;
};

// Sends the caller's token if it may be forwarded, else ends the call.
class CallerCredentials final : public ForwardingCredentials {
 public:
  CallerCredentials(SharedToken token, const NextService& service)
      : token_(std::move(token)),
        audience_(service.audience),
        bearer_(grpc::experimental::MetadataCredentialsFromPlugin(
            std::make_unique<BearerPlugin>(token_),
            service.insecure_allow_plaintext ? GRPC_SECURITY_NONE
                                             : GRPC_PRIVACY_AND_INTEGRITY)) {}
  std::string DebugString() override { return "usher: forwarded caller"; }

 private:
  // Checks the token now: the call may start long after ForwardCaller().
  bool Apply(grpc_call* call) override {
    const Decision decision =
        guard::CheckForward(token_->caller, audience_, absl::Now());
    return decision.admits() ? ApplyOther(*bearer_, call) : End(call, decision);
  }

  const SharedToken token_;
  const std::string audience_;
  const std::shared_ptr<grpc::CallCredentials> bearer_;
};

// The caller of `call`, or the reason why none can be forwarded.
absl::StatusOr<SharedToken> FindToken(const grpc::ServerContextBase& call,
                                      grpc::ClientContext& next) {
  if (next.credentials() != nullptr) {
    return absl::FailedPreconditionError("the call has credentials already");
  }
  const guard::CallerSlot* slot = guard::CallerSlot::Find(call);
  if (slot == nullptr || slot->caller() == nullptr) {
    return absl::FailedPreconditionError("there is no caller to forward");
  }
  if (slot->token().empty()) {
    return absl::FailedPreconditionError(
        "the guard keeps no tokens: set GuardOptions::keep_tokens_to_forward");
  }
  return std::make_shared<const CallerToken>(CallerToken{
      *slot->caller(), Secret(std::string(slot->token().Reveal()))});
}

class ForwardingInterceptorFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit ForwardingInterceptorFactory(NextService service)
      : service_(std::move(service)) {}

  // gRPC calls this before it applies the credentials of the context, so they
  // can still be replaced. No interceptor is needed after that.
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    grpc::ClientContext& context = *info->client_context();
    const std::shared_ptr<grpc::CallCredentials> held = context.credentials();
    if (const auto* attached =
            dynamic_cast<const AttachedCaller*>(held.get())) {
      context.set_credentials(
          std::make_shared<CallerCredentials>(attached->token(), service_));
    } else if (dynamic_cast<const ForwardingCredentials*>(held.get()) ==
               nullptr) {
      context.set_credentials(
          FailWith("no caller was attached to this call: write "
                   "AttachCaller(server_context, client_context)"));
    }
    return nullptr;
  }

 private:
  const NextService service_;
};

}  // namespace

void ForwardCaller(const grpc::ServerContextBase& call,
                   grpc::ClientContext& next, const NextService& service) {
  absl::StatusOr<SharedToken> token = FindToken(call, next);
  if (!token.ok()) {
    return next.set_credentials(FailWith(base::Std(token.status().message())));
  }
  next.set_credentials(
      std::make_shared<CallerCredentials>(*std::move(token), service));
}

void AttachCaller(const grpc::ServerContextBase& call,
                  grpc::ClientContext& next) {
  absl::StatusOr<SharedToken> token = FindToken(call, next);
  if (!token.ok()) {
    return next.set_credentials(FailWith(base::Std(token.status().message())));
  }
  next.set_credentials(std::make_shared<AttachedCaller>(*std::move(token)));
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ForwardingInterceptor(NextService service) {
  return std::make_unique<ForwardingInterceptorFactory>(std::move(service));
}

}  // namespace usher
