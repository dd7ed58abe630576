// usherd as main() runs it, and ways to talk to it.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/config/config.h"
#include "server/app/app.h"
#include "tests/support/test_issuer.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::server {

// On ports of the system's choice.
class Running {
 public:
  static config::Config Plain(testing::TestIssuer& issuer) {
    config::Config config;
    config.listen = "127.0.0.1:0";
    config.admin_listen = "127.0.0.1:0";
    config.metrics_listen = "127.0.0.1:0";
    config.status_page_listen = "127.0.0.1:0";
    config.shutdown_delay = absl::ZeroDuration();
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

inline std::shared_ptr<grpc::Channel> Plaintext(const std::string& address) {
  return grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
}

inline grpc::Status Verify(std::shared_ptr<grpc::Channel> channel,
                           const std::string& token,
                           v1::VerifyResponse& response) {
  grpc::ClientContext context;
  v1::VerifyRequest request;
  request.set_token(token);
  return v1::TokenService::NewStub(channel)->Verify(&context, request,
                                                    &response);
}

// Calls any method with an empty message.
inline grpc::Status CallRaw(std::shared_ptr<grpc::Channel> channel,
                            const std::string& method,
                            std::string* answer = nullptr) {
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
inline std::string Get(const std::string& address, const std::string& path) {
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

inline constexpr char kHealthCheck[] = "/grpc.health.v1.Health/Check";
// HealthCheckResponse{status: SERVING}, {status: NOT_SERVING}.
inline const std::string kServing("\x08\x01", 2);

inline std::string AwaitServing(std::shared_ptr<grpc::Channel> channel) {
  std::string health;
  while (health != kServing) {
    health.clear();
    if (!CallRaw(channel, kHealthCheck, &health).ok()) return "unreachable";
    std::this_thread::yield();
  }
  return health;
}

}  // namespace usher::server
