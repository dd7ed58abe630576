#include "usher/guard.h"

#include <array>
#include <optional>
#include <utility>

#include "client/core/channel.h"
#include "client/core/tls_files.h"
#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/verifier_session.h"
#include "client/guard/grpc/call_metrics.h"
#include "client/guard/grpc/caller_interceptor.h"
#include "client/guard/grpc/gate_credentials.h"
#include "client/guard/grpc/installation.h"
#include "client/guard/grpc/start_check.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/base/scheduler.h"
#include "lib/base/text/strings.h"
#include "lib/policy/policy_watch.h"
#include "lib/rpc/grpc_log.h"
#include "usher/client.h"

namespace usher {
namespace {

constexpr int kMaxMetadataSize = 32 * 1024;

// Some calls with the largest token.
constexpr size_t kMinPendingBytes = 1u << 20;

// A change of the policy file counts after two polls.
constexpr absl::Duration kPollInterval = absl::Seconds(1);

// Collects the errors of all options. The status has the code of the first.
class Errors {
 public:
  void Add(const absl::Status& error, std::string_view prefix = "") {
    if (error.ok()) return;
    if (all_.empty()) code_ = error.code();
    all_ += base::StrCat(all_.empty() ? "" : "; ", prefix,
                         base::Std(error.message()));
  }
  void Add(std::string_view what) {
    Add(absl::InvalidArgumentError(base::Absl(what)));
  }
  absl::Status ToStatus() const { return {code_, base::Absl(all_)}; }

 private:
  absl::StatusCode code_ = absl::StatusCode::kOk;
  std::string all_;
};

void CheckVerifier(const GuardOptions& options, Errors& errors) {
  if (options.verifier != nullptr) {
    if (!options.client.target.empty()) {
      errors.Add("client: set either client or verifier, not both");
    }
    return;
  }
  ClientOptions loaded = options.client;
  if (options.client.tls) {
    auto tls = client::LoadTlsFiles(*options.client.tls);
    errors.Add(tls.status(), "client.");
    loaded.tls = tls.ok() ? *std::move(tls) : TlsOptions();
  }
  for (const absl::Status& error : client::FindErrors(loaded)) {
    errors.Add(error, "client.");
  }
}

void CheckOptions(const GuardOptions& options, Errors& errors) {
  CheckVerifier(options, errors);
  const bool has_file = !options.policy_file.empty();
  if (options.audiences.empty() && !has_file) {
    errors.Add("audiences: must not be empty");
  }
  if (has_file && !options.policy.empty()) {
    errors.Add("policy_file: set either policy_file or policy, not both");
  }
  for (const std::string& audience : options.audiences) {
    if (audience.empty()) errors.Add("audiences: none may be empty");
  }
  for (const std::string& what : options.policy.errors()) {
    errors.Add(base::StrCat("policy: ", what));
  }
  if (options.max_pending_calls == 0) {
    errors.Add("max_pending_calls: must not be 0");
  }
  if (options.max_questions == 0) errors.Add("max_questions: must not be 0");
  if (options.max_pending_bytes < kMinPendingBytes) {
    errors.Add("max_pending_bytes: must be at least 1 MiB");
  }
  if (options.denied_life < absl::ZeroDuration() ||
      options.denied_life > absl::Minutes(1)) {
    errors.Add("denied_life: must be from 0 to 1 minute");
  }
}

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
  return limits;
}

TokenKind KindOf(const GuardOptions& options) {
  return options.take_id_tokens_instead_of_access_tokens
             ? TokenKind::kIdToken
             : TokenKind::kAccessToken;
}

// Logged as errors, because by default gRPC's log shows nothing else.
void LogWeakenedSecurity(const GuardOptions& options) {
  struct Row {
    bool GuardOptions::*option;
    const char* what;
  };
  constexpr auto kRows = std::to_array<Row>(
      {{&GuardOptions::insecure_show_token_to_handlers,
        "insecure_show_token_to_handlers: handlers can log and forward the "
        "tokens of their callers"},
       {&GuardOptions::keep_tokens_to_forward,
        "keep_tokens_to_forward: handlers can call other services as their "
        "callers"},
       {&GuardOptions::take_id_tokens_instead_of_access_tokens,
        "take_id_tokens_instead_of_access_tokens: every service that users "
        "sign in to can call this service as them"}});
  if (options.client.insecure_allow_plaintext) {
    rpc::LogError(
        "usher: weakens security: client.insecure_allow_plaintext: tokens may "
        "travel to usherd unencrypted");
  }
  for (const Row& row : kRows) {
    if (options.*row.option) {
      rpc::LogError(base::StrCat("usher: weakens security: ", row.what));
    }
  }
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

// Null if gRPC cannot use `options`.
grpc_server_credentials* MakeSsl(
    const grpc::SslServerCredentialsOptions& options) {
  std::vector<grpc_ssl_pem_key_cert_pair> pairs;
  for (const auto& pair : options.pem_key_cert_pairs) {
    pairs.push_back({pair.private_key.c_str(), pair.cert_chain.c_str()});
  }
  if (pairs.empty()) return nullptr;
  return grpc_ssl_server_credentials_create_ex(
      options.pem_root_certs.empty() ? nullptr : options.pem_root_certs.c_str(),
      pairs.data(), pairs.size(),
      options.force_client_auth
          ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
          : options.client_certificate_request,
      nullptr);
}

// `error` of client::CheckPem() with the names of SslServerCredentialsOptions.
std::string NamesOfSsl(std::string_view error) {
  struct Row {
    std::string_view ours, grpcs;
  };
  constexpr auto kRows = std::to_array<Row>(
      {{"tls.ca_pem", "pem_root_certs"},
       {"tls.identity.certificate_pem", "pem_key_cert_pairs: cert_chain"},
       {"tls.identity.private_key_pem", "pem_key_cert_pairs: private_key"}});
  for (const Row& row : kRows) {
    if (!error.starts_with(row.ours)) continue;
    return base::StrCat(row.grpcs, error.substr(row.ours.size()));
  }
  return std::string(error);
}

// Why gRPC could not use these options, or "". gRPC itself would refuse every
// handshake, or open no port, without a reason.
std::string FindPemFault(const grpc::SslServerCredentialsOptions& options) {
  const auto fault = [](std::string_view what) {
    return base::StrCat("SslServerCredentialsOptions: ", what);
  };
  if (options.pem_key_cert_pairs.empty()) {
    return fault("pem_key_cert_pairs: must not be empty");
  }
  TlsOptions tls;
  if (!options.pem_root_certs.empty()) tls.ca_pem = options.pem_root_certs;
  for (const auto& pair : options.pem_key_cert_pairs) {
    tls.identity = {.certificate_pem = pair.cert_chain,
                    .private_key_pem = Secret(pair.private_key)};
    const absl::Status pem = client::CheckPem(tls);
    if (!pem.ok()) return fault(NamesOfSsl(base::Std(pem.message())));
  }
  return "";
}

}  // namespace

struct Guard::Impl {
  // `policy` names audiences in every rule; `file` is where it came from, or
  // null.
  Impl(const GuardOptions& options, std::shared_ptr<TokenVerifier> verifier,
       MethodPolicy policy, std::unique_ptr<policy::PolicyWatch> file)
      : session(std::make_unique<guard::VerifierSession>(std::move(verifier))),
        authorizer(std::make_shared<guard::Authorizer>(
            std::move(policy), LimitsOf(options), clock, *session,
            options.observer, KindOf(options))),
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
  Errors errors;
  CheckOptions(options, errors);
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
  LogWeakenedSecurity(options);
  return std::unique_ptr<Guard>(new Guard(std::make_unique<Impl>(
      options, std::move(verifier), std::move(policy), std::move(watch))));
}

Guard::Guard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Guard::~Guard() = default;

std::shared_ptr<grpc::ServerCredentials> Guard::SslCredentials(
    const grpc::SslServerCredentialsOptions& options) {
  return impl_->Gate(
      [&] { return MakeSsl(options); }, FindPemFault(options),
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
