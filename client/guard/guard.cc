#include "usher/guard.h"

#include <utility>

#include "client/guard/breaker.h"
#include "client/guard/gate.h"
#include "client/guard/gatekeeper.h"
#include "client/guard/interceptor.h"
#include "client/guard/maker.h"
#include "client/guard/start_check.h"
#include "client/guard/token_asker.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "usher/client.h"

namespace usher {
namespace {

constexpr int kMaxMetadataSize = 32 * 1024;

class ClientAsker final : public guard::TokenAsker {
 public:
  explicit ClientAsker(std::unique_ptr<Client> client)
      : client_(std::move(client)) {}
  void Ask(const VerifyQuestion& question,
           std::function<void(Answer)> done) override {
    client_->Verify(question, std::move(done));
  }

 private:
  const std::unique_ptr<Client> client_;
};

absl::Status CheckOptions(const GuardOptions& options) {
  std::string faults;
  const auto fault = [&](std::string_view what) {
    faults += base::StrCat(faults.empty() ? "" : "; ", what);
  };
  if (options.audiences.empty()) fault("audiences: must not be empty");
  for (const std::string& audience : options.audiences) {
    if (audience.empty()) fault("audiences: none may be empty");
  }
  for (const std::string& what : options.policy.faults()) {
    fault(base::StrCat("policy: ", what));
  }
  if (options.max_parked_calls == 0) fault("max_parked_calls: must not be 0");
  if (options.denied_life < absl::ZeroDuration() ||
      options.denied_life > absl::Minutes(1)) {
    fault("denied_life: must be from 0 to 1 minute");
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(faults);
}

guard::Gatekeeper::Limits LimitsOf(const GuardOptions& options) {
  guard::Gatekeeper::Limits limits;
  limits.verdicts.verified = {options.max_verdicts, options.max_verdict_bytes};
  limits.verdicts.denied_life = options.denied_life;
  limits.max_parked = options.max_parked_calls;
  return limits;
}

// Null where gRPC cannot use `options`.
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

}  // namespace

struct Guard::Parts {
  Parts(GuardOptions options, std::unique_ptr<guard::TokenAsker> whom)
      : asker(std::move(whom)),
        keeper(std::make_shared<guard::Gatekeeper>(
            options.policy.WithAudiences(options.audiences), LimitsOf(options),
            clock, *asker, options.observer)),
        show_token(options.insecure_show_token_to_handlers) {}

  // The client's thread may hold the keeper's last reference but this one, and
  // the client cannot be destroyed on its own thread. So it goes first.
  ~Parts() {
    keeper->Stop();
    asker.reset();
  }

  template <typename Make>
  std::shared_ptr<grpc::ServerCredentials> Gate(const Make& make,
                                                std::string fault) const {
    return std::make_shared<guard::GateCredentials>(keeper, make,
                                                    std::move(fault));
  }

  std::unique_ptr<guard::TokenAsker> asker;
  const std::shared_ptr<guard::Gatekeeper> keeper;
  const bool show_token;

  // The keeper's, which may outlive its guard.
  inline static const base::SystemClock clock;
};

absl::StatusOr<std::unique_ptr<Guard>> guard::Maker::Make(
    GuardOptions options, std::unique_ptr<TokenAsker> asker) {
  if (absl::Status fault = CheckOptions(options); !fault.ok()) return fault;
  return std::unique_ptr<Guard>(new Guard(
      std::make_unique<Guard::Parts>(std::move(options), std::move(asker))));
}

absl::StatusOr<std::unique_ptr<Guard>> Guard::Create(GuardOptions options) {
  if (absl::Status fault = CheckOptions(options); !fault.ok()) return fault;
  USHER_TRY(std::unique_ptr<Client> client,
            Client::Create(
                {.target = options.service,
                 .tls = std::move(options.tls),
                 .insecure_allow_plaintext = options.insecure_allow_plaintext,
                 .deadline = options.deadline,
                 .max_attempts = options.max_attempts}));
  return guard::Maker::Make(
      std::move(options),
      std::make_unique<guard::Breaker>(
          std::make_unique<ClientAsker>(std::move(client)), Parts::clock));
}

Guard::Guard(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Guard::~Guard() = default;

std::shared_ptr<grpc::ServerCredentials> Guard::SslCredentials(
    const grpc::SslServerCredentialsOptions& options) {
  return parts_->Gate(
      [&] { return MakeSsl(options); },
      "the options of SslCredentials() hold no usable key and certificate");
}

std::shared_ptr<grpc::ServerCredentials> Guard::TlsCredentials(
    const grpc::experimental::TlsServerCredentialsOptions& options) {
  return parts_->Gate(
      [&] {
        return grpc_tls_server_credentials_create(
            options.c_credentials_options());
      },
      "gRPC cannot use the options of TlsCredentials()");
}

std::shared_ptr<grpc::ServerCredentials> Guard::LocalCredentials(
    grpc_local_connect_type type) {
  return parts_->Gate(
      [&] { return grpc_local_server_credentials_create(type); },
      "gRPC has no local credentials of that type");
}

std::shared_ptr<grpc::ServerCredentials> Guard::InsecureCredentials() {
  return parts_->Gate([] { return grpc_insecure_server_credentials_create(); },
                      "gRPC has no insecure credentials");
}

void Guard::Install(grpc::ServerBuilder& builder, Interceptors others) {
  auto installed = std::make_shared<std::atomic<bool>>(false);
  // Last: what arrives is shown to the last interceptor first.
  others.push_back(std::make_unique<guard::InterceptorFactory>(
      parts_->keeper, parts_->show_token, installed));
  builder.experimental().SetInterceptorCreators(std::move(others));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataSize);
  guard::CheckAtStart(builder, parts_->keeper, std::move(installed));
}

absl::Status Guard::Check(grpc::ServerBuilder& builder) const {
  return guard::CheckNow(builder, parts_->keeper.get());
}

}  // namespace usher
