// The token service behind a real gRPC server on loopback, with everything
// beneath it real but time and the network.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "lib/verify/engine.h"
#include "server/core/admission.h"
#include "server/core/client_services.h"
#include "server/net/grpc_listener.h"
#include "server/rpc/admin_service.h"
#include "server/rpc/token_service.h"
#include "server/stats/counters.h"
#include "server/stats/reload_stats.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"
#include "usher/v1/admin_service.grpc.pb.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::server {

// The detail of type T in `status`, or nothing.
template <typename T>
std::optional<T> DetailOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const google::protobuf::Any& any : details.details()) {
    T out;
    if (any.UnpackTo(&out)) return out;
  }
  return std::nullopt;
}

// ErrorInfo.reason of `status`; "" without one.
inline std::string ReasonOf(const grpc::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  return info && info->domain() == "usher.dev" ? info->reason() : "";
}

// The fields BadRequest blames.
inline std::vector<std::string> FieldsOf(const grpc::Status& status) {
  std::vector<std::string> fields;
  if (const auto bad = DetailOf<google::rpc::BadRequest>(status)) {
    for (const auto& fault : bad->field_violations()) {
      fields.push_back(fault.field());
    }
  }
  return fields;
}

inline v1::VerifyRequest Asking(const std::string& token) {
  v1::VerifyRequest request;
  request.set_token(token);
  return request;
}

struct ServiceFixtureOptions {
  std::vector<std::string> audiences = {"orders"};
  bool keys_inline = true;  // else fetched, through ServiceFixture::http
  size_t permits = 100;
  size_t batch_permits = 100;
  std::vector<std::string> warnings = {};
};

struct ServiceFixture {
  using Options = ServiceFixtureOptions;

  explicit ServiceFixture(Options options = {})
      : ServiceFixture(options, std::make_unique<testing::FakeHttp>()) {}
  ~ServiceFixture() {
    for (const Listening* listening : {&tokens, &operators}) {
      listening->acceptor->Stop();
      listening->server->Shutdown();
    }
  }

  // What a reload does.
  void Apply(std::shared_ptr<const config::Config> config) {
    engine.Reload(config->issuers);
    active_config.Publish(MakeActiveConfig(std::move(config), {}, engine));
  }

  issuer::Config ConfigOf(const Options& options) {
    issuer::Config config;
    config.name = "corp";
    config.issuer = issuer.issuer();
    config.audiences = options.audiences;
    if (options.keys_inline) {
      config.keys = jwks::InlineKeys{issuer.Jwks()};
    } else {
      config.keys = jwks::JwksUrl{issuer.jwks_uri()};
    }
    return config;
  }

  std::shared_ptr<const config::Config> Configured(const Options& options) {
    config::Config config;
    config.issuers = {ConfigOf(options)};
    return std::make_shared<const config::Config>(std::move(config));
  }

  grpc::Status Verify(const v1::VerifyRequest& request,
                      v1::VerifyResponse& response) {
    grpc::ClientContext context;
    return stub->Verify(&context, request, &response);
  }
  grpc::Status Introspect(const v1::IntrospectRequest& request,
                          v1::IntrospectResponse& response) {
    grpc::ClientContext context;
    return stub->Introspect(&context, request, &response);
  }
  grpc::Status BatchVerify(const v1::BatchVerifyRequest& request,
                           v1::BatchVerifyResponse& response) {
    grpc::ClientContext context;
    return stub->BatchVerify(&context, request, &response);
  }

 private:
  ServiceFixture(const Options& options,
                 std::unique_ptr<testing::FakeHttp> owned)
      : http(*owned),
        waiting_limit({options.permits, size_t{64} << 20}, "waiting tokens"),
        batch_limit({options.batch_permits, size_t{64} << 20}, "batches"),
        engine({ConfigOf(options)}, {std::move(owned), nullptr},
               {.observer = &counters,
                .key_observer = &counters,
                .clock = &clock,
                .scheduler = &scheduler,
                .executor = &executor}),
        active_config(
            MakeActiveConfig(Configured(options), options.warnings, engine)) {
    tokens =
        *ListenForTokens({"127.0.0.1:0", 64, stats.listen, log},
                         grpc::InsecureServerCredentials(), {}, token_service);
    operators =
        *ListenForAdmin({"127.0.0.1:0", 64, stats.admin, log},
                        grpc::InsecureServerCredentials(), {}, admin_service);
    channel = grpc::CreateChannel(tokens.acceptor->address(),
                                  grpc::InsecureChannelCredentials());
    admin_channel = grpc::CreateChannel(operators.acceptor->address(),
                                        grpc::InsecureChannelCredentials());
    stub = v1::TokenService::NewStub(channel);
    admin = v1::AdminService::NewStub(admin_channel);
  }

 public:
  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  base::InlineExecutor executor;
  testing::FakeHttp& http;  // the engine's
  testing::TestIssuer issuer{clock};
  Counters counters{std::vector<std::string>{"corp"}};
  ReloadStats reloads{clock.Now()};
  AdmissionLimit waiting_limit;
  AdmissionLimit batch_limit;
  verify::Engine engine;
  base::Snapshot<ActiveConfig> active_config;
  TokenService token_service{
      {active_config, clock, counters, executor, waiting_limit, batch_limit}};
  SharedRefresh shared_refresh{clock, scheduler};
  AdminService admin_service{{active_config, clock, counters, shared_refresh}};
  base::Log log{clock, base::LogLevel::kError, [](std::string_view) {}};
  AllListenerStats stats;
  Listening tokens;
  Listening operators;
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<grpc::Channel> admin_channel;
  std::unique_ptr<v1::TokenService::Stub> stub;
  std::unique_ptr<v1::AdminService::Stub> admin;
};

}  // namespace usher::server
