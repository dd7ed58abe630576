#include "usher/forward_caller.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "client/guard/decide/forward_rule.h"
#include "client/guard/grpc/caller_slot.h"
#include "client/guard/grpc/internals/async_call_credentials.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
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

// The sources of headers of this file. None of them sends anything without a
// caller.
class ForwardingSource : public guard::CallHeaderSource {};

// Ends a call that has no caller to forward.
class NoCaller : public ForwardingSource {
 public:
  explicit NoCaller(std::string_view why) : why_(why) {}
  absl::Status Check() override {
    return absl::FailedPreconditionError(base::Absl(why_));
  }
  // Not reached.
  void Find(const guard::CallTarget&,
            guard::CallHeadersCallback done) override {
    std::move(done)(Check());
  }
  std::string Describe() const override { return "usher: no caller"; }

 private:
  const std::string why_;
};

// A caller that was attached to the call. A ForwardingInterceptor replaces it
// by a CallerHeader; without one the call ends.
class AttachedCaller final : public NoCaller {
 public:
  explicit AttachedCaller(SharedToken token)
      : NoCaller(
            "a caller was attached on a channel without a "
            "ForwardingInterceptor: use ForwardCaller()"),
        token_(std::move(token)) {}
  const SharedToken& token() const { return token_; }

 private:
  const SharedToken token_;
};

// Sends the caller's token if it may be forwarded, else ends the call.
class CallerHeader final : public ForwardingSource {
 public:
  CallerHeader(SharedToken token, std::string audience)
      : token_(std::move(token)), audience_(std::move(audience)) {}

  // Checks the token now: the call may start long after ForwardCaller().
  absl::Status Check() override {
    const Decision decision =
        guard::CheckForward(token_->caller, audience_, absl::Now());
    return absl::Status(decision.code, base::Absl(decision.message));
  }
  void Find(const guard::CallTarget&,
            guard::CallHeadersCallback done) override {
    std::move(done)(guard::CallHeaders{
        {"authorization", base::StrCat("Bearer ", token_->token.Reveal())}});
  }
  std::string Describe() const override { return "usher: forwarded caller"; }

 private:
  const SharedToken token_;
  const std::string audience_;
};

std::shared_ptr<grpc::CallCredentials> FailWith(std::string_view why) {
  return std::make_shared<guard::AsyncCallCredentials>(
      std::make_shared<NoCaller>(why), GRPC_SECURITY_NONE);
}

std::shared_ptr<grpc::CallCredentials> Forward(SharedToken token,
                                               const NextService& service) {
  return std::make_shared<guard::AsyncCallCredentials>(
      std::make_shared<CallerHeader>(std::move(token), service.audience),
      service.insecure_allow_plaintext ? GRPC_SECURITY_NONE
                                       : GRPC_PRIVACY_AND_INTEGRITY);
}

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
    const auto* held = dynamic_cast<const guard::AsyncCallCredentials*>(
        context.credentials().get());
    const auto* source =
        held == nullptr
            ? nullptr
            : dynamic_cast<const ForwardingSource*>(&held->source());
    if (const auto* attached = dynamic_cast<const AttachedCaller*>(source)) {
      context.set_credentials(Forward(attached->token(), service_));
    } else if (source == nullptr) {
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
  next.set_credentials(Forward(*std::move(token), service));
}

void AttachCaller(const grpc::ServerContextBase& call,
                  grpc::ClientContext& next) {
  absl::StatusOr<SharedToken> token = FindToken(call, next);
  if (!token.ok()) {
    return next.set_credentials(FailWith(base::Std(token.status().message())));
  }
  next.set_credentials(std::make_shared<guard::AsyncCallCredentials>(
      std::make_shared<AttachedCaller>(*std::move(token)), GRPC_SECURITY_NONE));
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ForwardingInterceptor(NextService service) {
  return std::make_unique<ForwardingInterceptorFactory>(std::move(service));
}

}  // namespace usher
