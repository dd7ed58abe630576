#include "usher/forward_caller.h"

#include <map>
#include <utility>

#include "absl/time/clock.h"
#include "client/guard/decide/forward_rule.h"
#include "client/guard/grpc/caller_slot.h"
#include "grpc/grpc.h"
#include "grpcpp/security/credentials.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "usher/secret.h"

namespace usher {
namespace {

using guard::Ruling;

// gRPC applies the credentials of a context when the call is created, before
// anything is sent: there each of these has its say.
class Words : public grpc::CallCredentials {
 protected:
  // Ends `call` as `ruling` says. True, because gRPC would put a status of its
  // own in place of this one.
  static bool End(grpc_call* call, const Ruling& ruling) {
    grpc_call_cancel_with_status(call,
                                 static_cast<grpc_status_code>(ruling.code),
                                 ruling.message.c_str(), nullptr);
    return true;
  }

 private:
  // So that they cannot be mixed with others.
  grpc::SecureCallCredentials* AsSecureCredentials() override {
    return nullptr;
  }
};

Ruling Unfit(std::string message) {
  return {absl::StatusCode::kFailedPrecondition, std::move(message)};
}

// Ends the call that would have gone without its caller.
class Refused final : public Words {
 public:
  explicit Refused(Ruling ruling) : ruling_(std::move(ruling)) {}
  bool ApplyToCall(grpc_call* call) override { return End(call, ruling_); }
  std::string DebugString() override { return "usher: nobody"; }

 private:
  const Ruling ruling_;
};

std::shared_ptr<grpc::CallCredentials> Refusing(std::string why) {
  return std::make_shared<Refused>(Unfit(std::move(why)));
}

// Lives as long as the calls that need it, which may be longer than the call
// that it came with.
struct Loan {
  Caller caller;
  Secret token;
};

// A caller that no channel has taken over.
class HandedOver final : public Words {
 public:
  explicit HandedOver(std::shared_ptr<const Loan> loan)
      : loan_(std::move(loan)) {}
  bool ApplyToCall(grpc_call* call) override {
    return End(call, Unfit("a caller was handed over on a channel without a "
                           "ForwardingInterceptor: use ForwardCaller()"));
  }
  std::string DebugString() override { return "usher: a caller"; }
  const std::shared_ptr<const Loan>& loan() const { return loan_; }

 private:
  const std::shared_ptr<const Loan> loan_;
};

// Puts the token on the wire. gRPC asks it only on a channel that is as secure
// as was demanded.
class Bearer final : public grpc::MetadataCredentialsPlugin {
 public:
  explicit Bearer(std::shared_ptr<const Loan> loan) : loan_(std::move(loan)) {}
  bool IsBlocking() const override { return false; }
  const char* GetType() const override { return "usher.Caller"; }
  grpc::Status GetMetadata(
      grpc::string_ref, grpc::string_ref, const grpc::AuthContext&,
      std::multimap<std::string, std::string>* metadata) override {
    metadata->emplace("authorization",
                      base::StrCat("Bearer ", loan_->token.Reveal()));
    return grpc::Status::OK;
  }
  std::string DebugString() override { return "usher: a caller's token"; }

 private:
  const std::shared_ptr<const Loan> loan_;
};

class Forwarded final : public Words {
 public:
  Forwarded(std::shared_ptr<const Loan> loan, const NextService& service)
      : loan_(std::move(loan)),
        audience_(service.audience),
        bearer_(grpc::experimental::MetadataCredentialsFromPlugin(
            std::make_unique<Bearer>(loan_),
            service.insecure_allow_plaintext ? GRPC_SECURITY_NONE
                                             : GRPC_PRIVACY_AND_INTEGRITY)) {}

  bool ApplyToCall(grpc_call* call) override {
    // Here, because the call may be made long after it was prepared.
    const Ruling ruling =
        guard::MayForward(loan_->caller, audience_, absl::Now());
    return ruling.admits() ? bearer_->ApplyToCall(call) : End(call, ruling);
  }
  std::string DebugString() override { return "usher: a caller"; }

 private:
  const std::shared_ptr<const Loan> loan_;
  const std::string audience_;
  const std::shared_ptr<grpc::CallCredentials> bearer_;
};

// The caller of `call`, on loan; else why there is none.
struct Found {
  std::shared_ptr<const Loan> loan;
  const char* fault = nullptr;
};
Found Borrow(const grpc::ServerContextBase& call, grpc::ClientContext& next) {
  if (next.credentials() != nullptr) {
    return {nullptr, "the call has credentials already"};
  }
  const guard::CallerSlot* slot = guard::CallerSlot::Of(call);
  if (slot == nullptr || slot->caller() == nullptr) {
    return {nullptr, "there is no caller to forward"};
  }
  if (slot->token().empty()) {
    return {nullptr,
            "the guard keeps no tokens: set "
            "GuardOptions::keep_tokens_to_forward"};
  }
  return {std::make_shared<const Loan>(
      *slot->caller(), Secret(std::string(slot->token().Reveal())))};
}

class Forwarding final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit Forwarding(NextService service) : service_(std::move(service)) {}

  // gRPC calls this before it applies the context's credentials, so they may
  // still be exchanged. There is nothing to intercept then.
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* info) override {
    grpc::ClientContext& context = *info->client_context();
    const std::shared_ptr<grpc::CallCredentials> held = context.credentials();
    if (const auto* handed = dynamic_cast<const HandedOver*>(held.get())) {
      context.set_credentials(
          std::make_shared<Forwarded>(handed->loan(), service_));
    } else if (dynamic_cast<const Words*>(held.get()) == nullptr) {
      context.set_credentials(
          Refusing("no caller was handed over for this call: write "
                   "HandOverCaller(server_context, client_context)"));
    }
    return nullptr;
  }

 private:
  const NextService service_;
};

}  // namespace

void ForwardCaller(const grpc::ServerContextBase& call,
                   grpc::ClientContext& next, const NextService& service) {
  Found found = Borrow(call, next);
  if (found.loan == nullptr) return next.set_credentials(Refusing(found.fault));
  next.set_credentials(
      std::make_shared<Forwarded>(std::move(found.loan), service));
}

void HandOverCaller(const grpc::ServerContextBase& call,
                    grpc::ClientContext& next) {
  Found found = Borrow(call, next);
  if (found.loan == nullptr) return next.set_credentials(Refusing(found.fault));
  next.set_credentials(std::make_shared<HandedOver>(std::move(found.loan)));
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ForwardingInterceptor(NextService service) {
  return std::make_unique<Forwarding>(std::move(service));
}

}  // namespace usher
