#include "server/app/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "lib/base/text/strings.h"
#include "tests/server/app/running.h"
#include "tests/server/net/tls_files.h"
#include "tests/server/rpc/service_fixture.h"
#include "tests/support/http_issuer.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

TEST(App, UpdatesHealthBeforeItReportsReady) {
  for (int i = 0; i < 10; ++i) {
    Running usherd;
    usherd.Start(Running::Plain(usherd.issuer));
    const Addresses addresses = usherd.app->addresses();
    EXPECT_THAT(Get(addresses.metrics, "/readyz"), HasSubstr("\r\n\r\nready"));
    for (const std::string& address : {addresses.listen, addresses.admin}) {
      std::string health;
      ASSERT_TRUE(CallRaw(Plaintext(address), kHealthCheck, &health).ok());
      EXPECT_EQ(health, kServing);
    }
  }
}

TEST(App, KeepsOperatorServicesOffTheTokenListener) {
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
        &config::Config::metrics_listen, &config::Config::status_page_listen}) {
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

class UnixSocket : public ::testing::Test {
 protected:
  absl::Status Start(Running& usherd) {
    config::Config config = Running::Plain(usherd.issuer);
    config.listen = "unix:" + path;
    auto started = App::Start(config, usherd.Options());
    if (started.ok()) usherd.app = *std::move(started);
    return started.status();
  }
  std::string WhyNot() {
    Running usherd;
    return std::string(base::Std(Start(usherd).message()));
  }

  TlsFiles files;  // a directory
  std::string path = files.Write("usher.sock", "");
};

TEST_F(UnixSocket, AdmitsItsOwnerAndGroupWhateverTheUmask) {
  std::filesystem::remove(path);
  for (const mode_t mask : {0000, 0022, 0077}) {
    const mode_t before = umask(mask);
    Running usherd;
    ASSERT_TRUE(Start(usherd).ok());
    umask(before);
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms(0660));
    v1::VerifyResponse response;
    EXPECT_TRUE(Verify(Plaintext(usherd.app->addresses().listen),
                       usherd.issuer.Mint(), response)
                    .ok());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixSocket, OfAnotherProcessIsNotReplaced) {
  std::filesystem::remove(path);
  Running first;
  ASSERT_TRUE(Start(first).ok());
  EXPECT_EQ(
      WhyNot(),
      "cannot listen on unix:" + path +
          ": Address already in use. Stop the process that uses it (see ss "
          "-lxp), or set listen to another path.");
  v1::VerifyResponse response;
  EXPECT_TRUE(Verify(Plaintext(first.app->addresses().listen),
                     first.issuer.Mint(), response)
                  .ok());
}

TEST_F(UnixSocket, ReplacesASocketOfAKilledProcessButNoOtherFile) {
  EXPECT_THAT(WhyNot(), HasSubstr("File exists. The file is not a socket"));
  std::filesystem::remove(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(fd);
  Running usherd;
  EXPECT_TRUE(Start(usherd).ok());
}

TEST_F(UnixSocket, NeedsItsDirectory) {
  path = "/nonexistent/usher.sock";
  EXPECT_EQ(WhyNot(),
            "cannot listen on unix:/nonexistent/usher.sock: No such "
            "file or directory. Its directory must exist, and usherd must have "
            "write permission there.");
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

TEST(App, WritesTheReadyFileAtomically) {
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

TEST(App, FinishesRunningRequestsWhenItDrains) {
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

TEST(App, AcceptsNoRequestAfterDraining) {
  Running usherd;
  usherd.Start(Running::Plain(usherd.issuer));
  const auto channel = Plaintext(usherd.app->addresses().listen);
  usherd.app->Drain();
  usherd.app->Drain();
  v1::VerifyResponse response;
  EXPECT_EQ(Verify(channel, usherd.issuer.Mint(), response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace usher::server
