#include "server/net/grpc_listener.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/resource_quota.h>

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

struct Argument {
  const char* name;
  int value;
};

constexpr auto kArguments = std::to_array<Argument>({
    // gRPC would let two servers share a port silently.
    {GRPC_ARG_ALLOW_REUSEPORT, 0},
    // Bandwidth probes cost 8 % CPU, and messages are small.
    {GRPC_ARG_HTTP2_BDP_PROBE, 0},
    // Each can hold a whole message.
    {GRPC_ARG_MAX_CONCURRENT_STREAMS, 100},
    // The headers of one call.
    {GRPC_ARG_MAX_METADATA_SIZE, 8 << 10},
    // A few kilobytes could become many megabytes.
    {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
    {GRPC_ARG_KEEPALIVE_TIME_MS, 30 * 1000},
    {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10 * 1000},
    // How often clients can ping, even between calls.
    {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
    {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * 1000},
    // From the connection to its first SETTINGS frame, TLS included, however
    // slowly the bytes arrive.
    {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * 1000},
});

using Plugins = std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>;

// Plugins (reflection, channelz) are registered for the whole process. This
// option removes them from one server.
class NoPlugins final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    plugins->clear();
  }
};

// What the two listeners differ in.
struct Kind {
  std::string_view setting;
  int max_receive_bytes;
  size_t memory_quota;
  bool plugins;
};

// Of the synchronous services: reflection and channelz.
constexpr int kMaxPluginThreads = 8;

void BoundMemory(const Kind& kind, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("usherd");
  quota.Resize(kind.memory_quota);
  quota.SetMaxThreads(kMaxPluginThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kind.max_receive_bytes);
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
}

void RegisterPlugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::channelz::experimental::InitChannelzService();
  });
}

// The configuration limits the value, so it fits.
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

absl::StatusOr<Listening> Listen(
    ListenOptions options, const Kind& kind,
    std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service) {
  USHER_TRY(auto acceptor, Acceptor::Listen(options.address, kind.setting,
                                            options.most_connections,
                                            options.stats, options.log));
  if (options.memory_brake) {
    acceptor->SetMemoryBrake(*std::move(options.memory_brake));
  }
  RegisterPlugins();
  grpc::ServerBuilder builder;
  for (const Argument& argument : kArguments) {
    builder.AddChannelArgument(argument.name, argument.value);
  }
  // gRPC varies the age by 10 %, so that not all clients reconnect at once.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             Milliseconds(life.longest));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS,
                             Milliseconds(life.grace));
  BoundMemory(kind, builder);
  if (!kind.plugins) builder.SetOption(std::make_unique<NoPlugins>());
  builder.RegisterService(&service);
  using FromFd = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
  std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> connections =
      builder.experimental().AddExternalConnectionAcceptor(
          FromFd::FROM_FD, std::move(credentials));
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) {
    return absl::InternalError(
        base::Absl(base::StrCat("gRPC cannot serve on ", options.address)));
  }
  acceptor->Start([connections = std::move(connections)](int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        connection;
    connection.fd = fd;
    connections->HandleNewConnection(&connection);
  });
  return Listening{std::move(server), std::move(acceptor)};
}

}  // namespace

absl::StatusOr<Listening> ListenForTokens(
    ListenOptions options, std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service,
    size_t memory_quota) {
  return Listen(std::move(options),
                {.setting = "listen",
                 .max_receive_bytes = kMaxReceiveBytes,
                 .memory_quota = memory_quota,
                 .plugins = false},
                std::move(credentials), life, service);
}

absl::StatusOr<Listening> ListenForAdmin(
    ListenOptions options, std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service) {
  return Listen(std::move(options),
                {.setting = "admin.listen",
                 .max_receive_bytes = kMaxAdminReceiveBytes,
                 .memory_quota = kAdminMemoryQuota,
                 .plugins = true},
                std::move(credentials), life, service);
}

}  // namespace usher::server
