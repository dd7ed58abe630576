// A host with several addresses, of which one swallows packets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fake_name_server.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using testing::CertificateAuthority;

// 127.0.0.2:`port` with a full queue: the kernel drops every further
// connection.
class DeadAddress {
 public:
  explicit DeadAddress(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    const int listener = Keep(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(bind(listener, raw, sizeof(address)), 0);
    EXPECT_EQ(listen(listener, 0), 0);
    for (int i = 0; i < 8; ++i) {
      connect(Keep(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), raw,
              sizeof(address));
    }
  }
  ~DeadAddress() {
    for (const int fd : fds_) close(fd);
  }
  DeadAddress(const DeadAddress&) = delete;
  DeadAddress& operator=(const DeadAddress&) = delete;

 private:
  int Keep(int fd) {
    fds_.push_back(fd);
    return fd;
  }
  std::vector<int> fds_;
};

httpd::Response Hello(const httpd::Request&) { return {.body = "hello"}; }

TEST(DeadAddress, CostsAShareOfTheTimeOfOneFetch) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const DeadAddress dead(server->port());
  const FakeNameServer names{{"login.test", {"127.0.0.2", "127.0.0.1"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Seconds(4);
  const auto first = FetchNow(*client, request);
  ASSERT_TRUE(first.ok()) << first.status();
  // Next time the address that answered is first, also for another pool of
  // connections. Only half of this time would be enough for the dead one.
  request.options.ca_pem = *request.options.ca_pem + "\n";
  const absl::Time began = absl::Now();
  const auto second = FetchNow(*client, request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_LT(absl::Now() - began, absl::Seconds(2));
}

TEST(DeadAddress, ThatIsTheOnlyOneIsReportedAsConnecting) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const DeadAddress dead(server->port());
  const FakeNameServer names{{"login.test", {"127.0.0.2"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Milliseconds(300);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError(
                "login.test: timed out after 300ms connecting"));
}

TEST(ReusedConnection, ThatGetsNoAnswerIsReportedAsWaiting) {
  const CertificateAuthority ca;
  NeverResponds hang;
  auto server =
      ServeTls(ca, httpd::AsyncHandler([never = hang.handler()](
                                           httpd::Request request,
                                           httpd::Respond respond) mutable {
                 if (request.path == "/hang") {
                   never(std::move(request), std::move(respond));
                 } else {
                   respond({.body = "hello"});
                 }
               }));
  auto client = MakeClient();
  const std::string base = "https://" + server->address();
  ASSERT_TRUE(FetchNow(*client, Get(base + "/", TrustIn(ca))).ok());
  Request request = Get(base + "/hang", TrustIn(ca));
  request.timeout = absl::Milliseconds(300);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError(
                "127.0.0.1: timed out after 300ms waiting for its answer"));
}

}  // namespace
}  // namespace usher::http
