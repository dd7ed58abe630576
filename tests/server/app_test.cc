#include "server/app.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <mutex>
#include <sstream>
#include <thread>

#include "lib/base/strings.h"
#include "tests/server/harness.h"
#include "tests/server/tls_files.h"
#include "tests/support/http_issuer.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The service as main() runs it, on ports of the system's choice.
class Running {
 public:
  static config::Config Plain(testing::TestIssuer& issuer) {
    config::Config config;
    config.listen = "127.0.0.1:0";
    config.admin_listen = "127.0.0.1:0";
    config.metrics_listen = "127.0.0.1:0";
    issuer::Config one;
    one.name = "corp";
    one.issuer = issuer.issuer();
    one.audiences = {"orders"};
    one.keys = jwks::InlineKeys{issuer.Jwks()};
    config.issuers = {one};
    return config;
  }

  App::Options Options() {
    App::Options options;
    options.log = [this](std::string_view line) {
      std::lock_guard lock(mutex_);
      log_ += line;
    };
    return options;
  }
  void Start(config::Config config) { Start(std::move(config), Options()); }
  void Start(config::Config config, App::Options options) {
    auto started = App::Start(std::move(config), std::move(options));
    ASSERT_TRUE(started.ok()) << started.status().message();
    app = *std::move(started);
  }
  std::string log() {
    std::lock_guard lock(mutex_);
    return log_;
  }

  base::SystemClock clock;
  testing::TestIssuer issuer{clock};

 private:
  std::mutex mutex_;
  std::string log_;

 public:
  std::unique_ptr<App> app;  // last: it logs until it is gone
};

std::shared_ptr<grpc::Channel> Plaintext(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

grpc::Status Verify(std::shared_ptr<grpc::Channel> channel,
                    const std::string& token, v1::VerifyResponse& response) {
  grpc::ClientContext context;
  v1::VerifyRequest request;
  request.set_token(token);
  return v1::TokenService::NewStub(channel)->Verify(&context, request,
                                                    &response);
}

// Calls any method with an empty message.
grpc::Status CallRaw(std::shared_ptr<grpc::Channel> channel,
                     const std::string& method, std::string* answer = nullptr) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::Slice none;
  grpc::ByteBuffer request(&none, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, {}, &request, &response,
                 [&](grpc::Status status) { done.set_value(status); });
  const grpc::Status status = done.get_future().get();
  std::vector<grpc::Slice> slices;
  if (answer && status.ok() && response.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      answer->append(reinterpret_cast<const char*>(slice.begin()),
                     slice.size());
    }
  }
  return status;
}

// What HTTP answers, head and all.
std::string Get(const std::string& address, const std::string& path) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(std::stoi(address.substr(address.rfind(':') + 1)));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  std::string out;
  if (connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    send(fd, request.data(), request.size(), 0);
    char bytes[4096];
    for (ssize_t got; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
      out.append(bytes, got);
    }
  }
  close(fd);
  return out;
}

constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
// HealthCheckResponse{status: SERVING}, {status: NOT_SERVING}.
const std::string kServing("\x08\x01", 2);

std::string AwaitServing(std::shared_ptr<grpc::Channel> channel) {
  std::string health;
  while (health != kServing) {
    health.clear();
    if (!CallRaw(channel, kHealthCheck, &health).ok()) return "unreachable";
    std::this_thread::yield();
  }
  return health;
}

TEST(App, AnswersOnEveryListener) {
  Running usherd;
  usherd.Start(Running::Plain(usherd.issuer));
  const auto channel = Plaintext(usherd.app->addresses().listen);
  v1::VerifyResponse response;
  const grpc::Status status = Verify(channel, usherd.issuer.Mint(), response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.has_verified()) << response.ShortDebugString();
  EXPECT_EQ(AwaitServing(channel), kServing);
  const auto admin = Plaintext(usherd.app->addresses().admin);
  EXPECT_TRUE(CallRaw(admin, "/usher.v1.AdminService/ListIssuers").ok());
}

TEST(App, KeepsWhatIsForOperatorsOffTheServicesListener) {
  Running usherd;
  usherd.Start(Running::Plain(usherd.issuer));
  const auto channel = Plaintext(usherd.app->addresses().listen);
  const auto admin = Plaintext(usherd.app->addresses().admin);
  for (const char* method : {"/usher.v1.AdminService/ListIssuers",
                             "/grpc.channelz.v1.Channelz/GetServers"}) {
    EXPECT_EQ(CallRaw(channel, method).error_code(),
              grpc::StatusCode::UNIMPLEMENTED)
        << method;
    EXPECT_TRUE(CallRaw(admin, method).ok()) << method;
  }
  constexpr char kReflection[] =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  EXPECT_EQ(CallRaw(channel, kReflection).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_NE(CallRaw(admin, kReflection).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(CallRaw(admin, "/usher.v1.TokenService/Verify").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(App, RefusesToShareAPort) {
  Running first;
  first.Start(Running::Plain(first.issuer));
  const std::string taken = first.app->addresses().listen;
  for (std::string config::Config::*member :
       {&config::Config::listen, &config::Config::admin_listen,
        &config::Config::metrics_listen}) {
    Running second;
    config::Config config = Running::Plain(second.issuer);
    config.*member = taken;
    const auto started = App::Start(config, second.Options());
    ASSERT_FALSE(started.ok());
    const std::string why(base::Std(started.status().message()));
    EXPECT_THAT(why, HasSubstr("cannot listen on " + taken +
                               ": Address already in use. "));
    EXPECT_THAT(why, HasSubstr("listen to another port"));
  }
}

TEST(App, LogsWhatItDoesAndNeverAToken) {
  Running usherd;
  App::Options options = usherd.Options();
  options.warnings = {"insecure_allow_plaintext is on"};
  usherd.Start(Running::Plain(usherd.issuer), std::move(options));
  const std::string token = usherd.issuer.Mint();
  v1::VerifyResponse response;
  const auto channel = Plaintext(usherd.app->addresses().listen);
  ASSERT_TRUE(Verify(channel, token, response).ok());
  ASSERT_TRUE(Verify(channel, token + "x", response).ok());
  AwaitServing(channel);
  usherd.app->Drain();
  const std::string log = usherd.log();
  for (const char* event : {"starting", "insecure", "listening", "issuer_ready",
                            "serving", "draining", "stopped"}) {
    EXPECT_THAT(log, HasSubstr(std::string("\"event\":\"") + event + "\""));
  }
  EXPECT_THAT(log, Not(HasSubstr(token.substr(0, 20))));
}

TEST(App, WritesTheReadyFileWhole) {
  TlsFiles files;
  Running usherd;
  App::Options options = usherd.Options();
  const std::string path = files.Write("ready.json", "");
  options.ready_file = path;
  usherd.Start(Running::Plain(usherd.issuer), std::move(options));
  std::string text;
  while (text.empty()) {
    std::ostringstream read;
    read << std::ifstream(path).rdbuf();
    text = read.str();
    std::this_thread::yield();
  }
  EXPECT_THAT(text, HasSubstr("{\"listen\":\"" +
                              usherd.app->addresses().listen + "\""));
  EXPECT_THAT(text, HasSubstr("\"serving\":true"));
}

TEST(App, LetsRequestsUnderWayEndWhenItDrains) {
  Running usherd;
  testing::HttpIssuer provider(usherd.clock);
  provider.SetFault(testing::kJwksPath, testing::Fault::Hang());
  config::Config config = Running::Plain(provider.issuer());
  config.issuers[0].keys = jwks::JwksUrl{provider.jwks_url()};
  config.issuers[0].trust = {provider.ca_pem(), std::nullopt, true};
  usherd.Start(config);
  const Addresses addresses = usherd.app->addresses();
  EXPECT_THAT(Get(addresses.metrics, "/readyz"),
              HasSubstr("not ready: no usable keys yet for: corp"));
  auto waiting = std::async(std::launch::async, [&] {
    v1::VerifyResponse response;
    return Verify(Plaintext(addresses.listen), provider.issuer().Mint(),
                  response);
  });
  while (Get(addresses.metrics, "/metrics")
             .find("\nusher_in_flight_requests 1\n") == std::string::npos) {
    std::this_thread::yield();
  }
  usherd.app->Drain();
  const grpc::Status status = waiting.get();
  EXPECT_EQ(ReasonOf(status), "KEYS_UNAVAILABLE") << status.error_message();
}

TEST(App, TakesNoRequestAfterDraining) {
  Running usherd;
  usherd.Start(Running::Plain(usherd.issuer));
  const auto channel = Plaintext(usherd.app->addresses().listen);
  usherd.app->Drain();
  usherd.app->Drain();
  v1::VerifyResponse response;
  EXPECT_EQ(Verify(channel, usherd.issuer.Mint(), response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

std::shared_ptr<grpc::Channel> MutualTls(
    const std::string& address, const testing::CertificateAuthority& ca,
    const std::optional<testing::Certificate>& mine) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca.pem();
  if (mine) {
    options.pem_cert_chain = mine->chain;
    options.pem_private_key = mine->private_key;
  }
  return grpc::CreateChannel(address, grpc::SslCredentials(options));
}

TEST(App, KnowsItsCallersByTheirCertificates) {
  TlsFiles files;
  Running usherd;
  config::Config config = Running::Plain(usherd.issuer);
  config.tls = files.tls();
  config.callers = {
      {"orders", "spiffe://corp/sa/orders", {"orders"}},
      {"billing", "billing.corp", {"billing"}, {"Verify"}},
  };
  usherd.Start(config);
  const std::string address = usherd.app->addresses().listen;
  const std::string token = usherd.issuer.Mint();
  v1::VerifyResponse response;

  const auto orders = MutualTls(
      address, files.ca(),
      files.ca().Issue({.dns = {}, .uris = {"spiffe://corp/sa/orders"}}));
  grpc::Status status = Verify(orders, token, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.has_verified());

  // The issuer's audiences, cut by this caller's: nothing is left.
  const auto billing = MutualTls(address, files.ca(),
                                 files.ca().Issue({.dns = {"billing.corp"}}));
  status = Verify(billing, token, response);
  EXPECT_TRUE(!status.ok() || response.has_denial());
  EXPECT_EQ(ReasonOf(CallRaw(billing, "/usher.v1.TokenService/Introspect")),
            "CALLER_NOT_ALLOWED");

  const auto stranger = MutualTls(address, files.ca(), files.ca().Issue());
  status = Verify(stranger, token, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "CALLER_NOT_ALLOWED");

  const auto nobody = MutualTls(address, files.ca(), std::nullopt);
  EXPECT_EQ(Verify(nobody, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const testing::CertificateAuthority other;
  const auto forged =
      MutualTls(address, files.ca(),
                other.Issue({.dns = {}, .uris = {"spiffe://corp/sa/orders"}}));
  EXPECT_EQ(Verify(forged, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace usher::server
