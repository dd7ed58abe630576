#include "usher/guard.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/verifier_session.h"
#include "client/guard/grpc/call_metrics.h"
#include "client/guard/grpc/caller_interceptor.h"
#include "client/guard/grpc/gate_credentials.h"
#include "client/guard/grpc/installation.h"
#include "client/guard/grpc/ssl_options.h"
#include "client/guard/grpc/start_check.h"
#include "client/guard/options.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/result.h"
#include "lib/base/scheduler.h"
#include "lib/base/text/strings.h"
#include "lib/policy/policy_watch.h"
#include "lib/rpc/grpc_log.h"
#include "usher/client.h"

namespace usher {
namespace {

constexpr int kMaxMetadataSize = 32 * 1024;

// A change of the policy file counts after two polls.
constexpr absl::Duration kPollInterval = absl::Seconds(1);

absl::StatusOr<std::shared_ptr<TokenVerifier>> VerifierOf(
    const GuardOptions& options) {
  if (options.verifier != nullptr) return options.verifier;
  USHER_TRY(auto client, Client::Create(options.client));
  return std::shared_ptr<TokenVerifier>(std::move(client));
}

guard::Authorizer::Limits LimitsOf(const GuardOptions& options) {
  guard::Authorizer::Limits limits;
  limits.verdicts.verified = {options.max_verdicts, options.max_verdict_bytes};
  limits.verdicts.denied_life = options.denied_life;
  if (options.verifier == nullptr) limits.deadline = options.client.deadline;
  limits.questions = {.max_asked = options.max_questions,
                      .max_calls = options.max_pending_calls,
                      .max_bytes = options.max_pending_bytes,
                      .max_wait = limits.deadline / 2};
  limits.jwt_only = options.jwt_only;
  limits.token_header = options.token_header;
  return limits;
}

// A client only sends; another verifier may check signatures in Verify().
size_t AskersOf(const GuardOptions& options) {
  if (options.verifier == nullptr) return 1;
  return std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
}

TokenKind KindOf(const GuardOptions& options) {
  return options.take_id_tokens_instead_of_access_tokens
             ? TokenKind::kIdToken
             : TokenKind::kAccessToken;
}

void LogReload(const absl::Status& read, GuardObserver* observer) {
  if (read.ok()) {
    rpc::LogInfo("usher: the changed policy file is active");
  } else {
    rpc::LogError(base::StrCat("usher: the changed policy file is not used: ",
                               base::Std(read.message())));
  }
  if (observer != nullptr) observer->OnPolicyReload(read);
}

}  // namespace

struct Guard::Impl {
  // `policy` names audiences in every rule; `file` is where it came from, or
  // null.
  Impl(const GuardOptions& options, std::shared_ptr<TokenVerifier> verifier,
       MethodPolicy policy, std::unique_ptr<policy::PolicyWatch> file)
      : session(std::make_unique<guard::VerifierSession>(std::move(verifier))),
        askers(std::make_unique<base::WorkerPool>(AskersOf(options))),
        authorizer(std::make_shared<guard::Authorizer>(
            std::move(policy), LimitsOf(options), clock, *session,
            options.observer, KindOf(options), askers.get())),
        call_metrics(guard::CallMetrics::Create(options.observer)),
        token_exposure{
            .show_to_handlers = options.insecure_show_token_to_handlers,
            .keep_to_forward = options.keep_tokens_to_forward},
        watch(std::move(file)) {
    if (watch == nullptr) return;
    watch->Connect(
        [this](MethodPolicy read) { authorizer->SetPolicy(std::move(read)); },
        [observer = options.observer](const absl::Status& read) {
          LogReload(read, observer.get());
        });
    PollLater(scheduler.emplace(clock));
  }

  // Before the rest: a thread of the verifier may hold the last reference to
  // the authorizer but this one.
  ~Impl() {
    authorizer->Stop();
    askers.reset();
    session.reset();
  }

  void PollLater(base::Scheduler& timer) {
    timer.At(clock.Now() + kPollInterval, [this, &timer] {
      watch->Poll();
      PollLater(timer);
    });
  }

  // `error` is why `make` must not be called, or "".
  template <typename Make>
  std::shared_ptr<grpc::ServerCredentials> Gate(
      const Make& make, std::string error, std::string if_null,
      guard::Traffic traffic = guard::Traffic::kEncrypted) const {
    return std::make_shared<guard::GateCredentials>(
        authorizer, call_metrics, make, std::move(error), std::move(if_null),
        traffic);
  }

  std::unique_ptr<guard::VerifierSession> session;
  std::unique_ptr<base::WorkerPool> askers;
  const std::shared_ptr<guard::Authorizer> authorizer;
  const std::shared_ptr<guard::CallMetrics> call_metrics;  // or null
  const guard::TokenExposure token_exposure;
  const std::unique_ptr<policy::PolicyWatch> watch;
  // Present if there is a file to watch. Ends before what it uses.
  std::optional<base::ThreadScheduler> scheduler;

  // Used by the authorizer, which may outlive the guard.
  inline static const base::SystemClock clock;
};

absl::StatusOr<std::unique_ptr<Guard>> Guard::Create(GuardOptions options) {
  guard::OptionErrors errors = guard::CheckOptions(options);
  MethodPolicy policy = options.policy.WithAudiences(options.audiences);
  std::unique_ptr<policy::PolicyWatch> watch;
  if (!options.policy_file.empty()) {
    watch = std::make_unique<policy::PolicyWatch>(options.policy_file,
                                                  options.audiences);
    auto read = watch->Open();
    errors.Add(read.status());
    if (read.ok()) policy = *std::move(read);
  }
  if (absl::Status all = errors.ToStatus(); !all.ok()) return all;
  USHER_TRY(std::shared_ptr<TokenVerifier> verifier, VerifierOf(options));
  guard::LogWeakenedSecurity(options);
  return std::unique_ptr<Guard>(new Guard(std::make_unique<Impl>(
      options, std::move(verifier), std::move(policy), std::move(watch))));
}

Guard::Guard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Guard::~Guard() = default;

std::shared_ptr<grpc::ServerCredentials> Guard::SslCredentials(
    const grpc::SslServerCredentialsOptions& options) {
  return impl_->Gate(
      [&] { return guard::MakeSsl(options); }, guard::FindPemFault(options),
      "the options of SslCredentials() hold no usable key and certificate");
}

std::shared_ptr<grpc::ServerCredentials> Guard::TlsCredentials(
    const grpc::experimental::TlsServerCredentialsOptions& options) {
  return impl_->Gate(
      [&] {
        return grpc_tls_server_credentials_create(
            options.c_credentials_options());
      },
      "", "gRPC cannot use the options of TlsCredentials()");
}

std::shared_ptr<grpc::ServerCredentials> Guard::LocalCredentials(
    grpc_local_connect_type type) {
  return impl_->Gate([&] { return grpc_local_server_credentials_create(type); },
                     "", "gRPC has no local credentials of that type");
}

std::shared_ptr<grpc::ServerCredentials> Guard::InsecureCredentials() {
  return impl_->Gate([] { return grpc_insecure_server_credentials_create(); },
                     "", "gRPC has no insecure credentials",
                     guard::Traffic::kPlaintext);
}

void Guard::Install(grpc::ServerBuilder& builder, Interceptors others) {
  auto installation = std::make_shared<guard::Installation>();
  installation->replaced_interceptors = guard::HasInterceptors(builder);
  // Last: gRPC gives incoming data to the last interceptor first.
  others.push_back(std::make_unique<guard::InterceptorFactory>(
      impl_->authorizer, impl_->token_exposure, installation));
  if (impl_->call_metrics != nullptr) {
    // gRPC gives it outgoing data last, after all others have changed it.
    others.push_back(guard::CallMetricsFactory(impl_->call_metrics));
    guard::AddServicesAtStart(builder, impl_->call_metrics);
  }
  builder.experimental().SetInterceptorCreators(std::move(others));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataSize);
  guard::CheckAtStart(builder, impl_->authorizer, std::move(installation));
}

absl::Status Guard::ReloadPolicy() {
  if (impl_->watch != nullptr) return impl_->watch->Reload();
  return absl::FailedPreconditionError("the guard has no policy_file");
}

absl::Status Guard::Check(grpc::ServerBuilder& builder) const {
  return guard::CheckNow(builder, impl_->authorizer.get());
}

}  // namespace usher
