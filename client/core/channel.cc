#include "client/core/channel.h"

#include <string>
#include <string_view>

#include "client/core/target.h"
#include "client/core/tls_files.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::client {
namespace {

// Calls are spread over the replicas.
constexpr char kServiceConfig[] =
    R"({"loadBalancingConfig": [{"round_robin": {}}]})";
// Only replicas whose health service says SERVING are used. A server without a
// health service counts as serving.
constexpr char kHealthyServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "usher.v1.TokenService"}})";

absl::Status OptionError(std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(what));
}

absl::Status CheckTls(const TlsOptions& tls, const Target& target) {
  if (absl::Status status = CheckPem(tls); !status.ok()) return status;
  if (target.nameless && !tls.server_name) {
    return OptionError(
        "tls.server_name: needed, because target is a list of addresses and "
        "names nothing that usherd's certificate could be checked against");
  }
  return absl::OkStatus();
}

absl::Status CheckPlaintext(const ClientOptions& options,
                            const Target& target) {
  if (target.local || options.insecure_allow_plaintext) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "target: plaintext would send tokens over the network for everyone to "
      "read; use TLS, or set insecure_allow_plaintext");
}

absl::Status CheckDeadline(const ClientOptions& options) {
  if (options.deadline > absl::ZeroDuration() &&
      options.deadline <= absl::Minutes(5)) {
    return absl::OkStatus();
  }
  return OptionError("deadline: must be more than 0 and at most 5 minutes");
}

absl::Status CheckAttempts(const ClientOptions& options) {
  if (options.max_attempts >= 1 && options.max_attempts <= 5) {
    return absl::OkStatus();
  }
  return OptionError("max_attempts: must be from 1 to 5");
}

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials(
    const TlsOptions& tls) {
  grpc::SslCredentialsOptions ssl;
  if (tls.ca_pem) ssl.pem_root_certs = *tls.ca_pem;
  if (tls.identity) {
    ssl.pem_cert_chain = tls.identity->certificate_pem;
    ssl.pem_private_key = tls.identity->private_key_pem.Reveal();
  }
  return grpc::SslCredentials(ssl);
}

grpc::ChannelArguments Arguments(Health health) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(
      health == Health::kRespected ? kHealthyServiceConfig : kServiceConfig);
  // A service config from DNS could undo the one above.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // An environment variable must not redirect tokens.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Shares no connections with other channels.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The results of a batch of 256 tokens with all their claims can exceed
  // gRPC's default of 4 MiB.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  // With gRPC's default of 120 s a restarted replica would stay idle as long.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  // Detects a replica that vanished without closing its connections. Otherwise
  // its share of the requests would be lost for a quarter of an hour.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  return arguments;
}

absl::Status CheckCredentials(const ClientOptions& options,
                              const Target& target) {
  if (options.credentials != nullptr) {
    const bool is_default = options.tls && !options.tls->ca_pem &&
                            !options.tls->identity && !options.tls->server_name;
    if (is_default) return absl::OkStatus();
    return OptionError(
        "credentials: there are tls options too; give one of both");
  }
  return options.tls ? CheckTls(*options.tls, target)
                     : CheckPlaintext(options, target);
}

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(
    const ClientOptions& options) {
  if (options.credentials != nullptr) return options.credentials;
  return options.tls ? TlsCredentials(*options.tls)
                     : grpc::InsecureChannelCredentials();
}

}  // namespace

std::vector<absl::Status> FindErrors(const ClientOptions& options) {
  const absl::StatusOr<Target> target = ParseTarget(options.target);
  std::vector<absl::Status> errors = {
      target.ok() ? CheckCredentials(options, *target) : target.status(),
      CheckDeadline(options), CheckAttempts(options)};
  std::erase_if(errors, [](const absl::Status& found) { return found.ok(); });
  return errors;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options, Health health) {
  if (const auto errors = FindErrors(options); !errors.empty()) {
    std::string all;
    for (const absl::Status& error : errors) {
      all += base::StrCat(all.empty() ? "" : "; ", base::Std(error.message()));
    }
    return absl::Status(errors.front().code(), base::Absl(all));
  }
  USHER_TRY(const Target target, ParseTarget(options.target));

  grpc::ChannelArguments arguments = Arguments(health);
  if (options.tls && options.tls->server_name) {
    arguments.SetSslTargetNameOverride(*options.tls->server_name);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, *options.tls->server_name);
  }
  return grpc::CreateCustomChannel(target.uri, CredentialsOf(options),
                                   arguments);
}

}  // namespace usher::client
