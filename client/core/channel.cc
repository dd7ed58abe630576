#include "client/core/channel.h"

#include <string>
#include <string_view>

#include "client/core/target.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace usher::client {
namespace {

// Calls go round the replicas.
constexpr char kServiceConfig[] =
    R"({"loadBalancingConfig": [{"round_robin": {}}]})";
// And only those whose health service says SERVING; a server without a health
// service counts as serving.
constexpr char kHealthyServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "healthCheckConfig": {"serviceName": "usher.v1.TokenService"}})";

absl::Status Fault(std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(what));
}

// gRPC takes any text here and fails at the first handshake, with a message
// that does not say why.
bool HoldsPem(std::string_view text, std::string_view label) {
  return text.find("-----BEGIN ") != std::string_view::npos &&
         text.find(label) != std::string_view::npos;
}

absl::Status CheckTls(const TlsOptions& tls, const Target& target) {
  if (tls.ca_pem && !HoldsPem(*tls.ca_pem, "CERTIFICATE-----")) {
    return Fault("tls.ca_pem: holds no PEM certificate");
  }
  if (tls.identity) {
    if (!HoldsPem(tls.identity->certificate_pem, "CERTIFICATE-----")) {
      return Fault("tls.identity.certificate_pem: holds no PEM certificate");
    }
    if (!HoldsPem(tls.identity->private_key_pem.Reveal(), "PRIVATE KEY-----")) {
      return Fault("tls.identity.private_key_pem: holds no PEM private key");
    }
  }
  if (target.nameless && !tls.server_name) {
    return Fault(
        "tls.server_name: needed, because target is a list of addresses and "
        "says no name that usherd's certificate should bear");
  }
  return absl::OkStatus();
}

absl::Status CheckPlaintext(const ClientOptions& options,
                            const Target& target) {
  if (target.local || options.insecure_allow_plaintext) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "target: plaintext would carry tokens over the network for anybody to "
      "read; use TLS, or say insecure_allow_plaintext");
}

absl::Status CheckLimits(const ClientOptions& options) {
  if (options.deadline <= absl::ZeroDuration() ||
      options.deadline > absl::Minutes(5)) {
    return Fault("deadline: must be more than 0 and at most 5 minutes");
  }
  if (options.max_attempts < 1 || options.max_attempts > 5) {
    return Fault("max_attempts: must be from 1 to 5");
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(const TlsOptions& tls) {
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
  // Tokens do not go where an environment variable points.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Nothing of another channel's fate or settings.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A batch of 256 tokens may come back with all their claims: more than
  // gRPC's own 4 MiB.
  arguments.SetMaxReceiveMessageSize(16 << 20);
  // gRPC's own 120 s would keep a restarted replica idle for as long.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  // Finds a replica that vanished without closing its connections, which would
  // otherwise swallow its share of the questions for a quarter of an hour.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options, Health health) {
  USHER_TRY(const Target target, ParseTarget(options.target));
  absl::Status fault = options.tls ? CheckTls(*options.tls, target)
                                   : CheckPlaintext(options, target);
  fault.Update(CheckLimits(options));
  if (!fault.ok()) return fault;

  grpc::ChannelArguments arguments = Arguments(health);
  if (!options.tls) {
    return grpc::CreateCustomChannel(
        target.uri, grpc::InsecureChannelCredentials(), arguments);
  }
  if (options.tls->server_name) {
    arguments.SetSslTargetNameOverride(*options.tls->server_name);
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, *options.tls->server_name);
  }
  return grpc::CreateCustomChannel(target.uri, Credentials(*options.tls),
                                   arguments);
}

}  // namespace usher::client
