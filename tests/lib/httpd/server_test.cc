#include "lib/httpd/server.h"

#include <sys/resource.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "tests/lib/httpd/raw_client.h"

namespace usher::httpd {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::unique_ptr<Server> Serve(Handler handler, Server::Options options = {}) {
  options.listen = "127.0.0.1:0";
  auto server = Server::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// Responds with a description of the request.
Response Echo(const Request& request) {
  std::string body = request.method + " " + request.path;
  for (const auto& [name, value] : request.query) {
    body += " " + name + "=" + value;
  }
  return {.body = body + " [" + request.body + "]"};
}

TEST(Server, PassesMethodPathQueryAndBody) {
  auto server = Serve(Echo);
  EXPECT_THAT(Ask(server->port(), "GET /a%20b?x=1&y&z=%26 HTTP/1.1"),
              EndsWith("GET /a b x=1 y= z=& []"));
  EXPECT_THAT(
      Ask(server->port(), "POST /p HTTP/1.1\r\nContent-Length: 5", "hello"),
      EndsWith("POST /p [hello]"));
}

TEST(Server, PassesHeadersInLowerCaseAndThePeer) {
  auto server = Serve([](const Request& request) -> Response {
    return {.body = std::string(*request.Header("x-thing")) + " " +
                    request.peer.substr(0, 10)};
  });
  EXPECT_THAT(Ask(server->port(), "GET / HTTP/1.1\r\nX-Thing: It"),
              EndsWith("It 127.0.0.1:"));
}

TEST(Server, SendsHeadersThatProtectBrowsers) {
  auto server = Serve([](const Request&) -> Response { return {}; });
  const std::string answer = Ask(server->port(), "GET / HTTP/1.1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
}

TEST(Server, SendsTheStatusTypeAndHeadersOfTheHandler) {
  auto server = Serve([](const Request&) -> Response {
    return {.status = 404,
            .content_type = "application/json",
            .body = "{}",
            .headers = {{"cache-control", "max-age=5"}, {"X-More", "yes"}}};
  });
  const std::string answer = Ask(server->port(), "GET / HTTP/1.1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("cache-control: max-age=5\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("no-store")));
  EXPECT_THAT(answer, HasSubstr("X-More: yes\r\n"));
}

TEST(Server, RefusesABodyThatIsAnnouncedAsTooLarge) {
  std::atomic<int> asked = 0;
  auto server = Serve(
      [&](const Request&) -> Response {
        ++asked;
        return {};
      },
      {.max_body = 10});
  EXPECT_THAT(Ask(server->port(), "POST / HTTP/1.1\r\nContent-Length: 11",
                  "hello world"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(asked, 0);
}

TEST(Server, ClosesAConnectionWhoseChunkedBodyIsTooLarge) {
  std::atomic<int> asked = 0;
  auto server = Serve(
      [&](const Request&) -> Response {
        ++asked;
        return {};
      },
      {.max_body = 10});
  Ask(server->port(), "POST / HTTP/1.1\r\nTransfer-Encoding: chunked",
      "b\r\nhello world\r\n0\r\n\r\n");
  EXPECT_EQ(asked, 0);
}

TEST(Server, AnswersAnExceptionWith500) {
  auto server = Serve(
      [](const Request&) -> Response { throw std::runtime_error("secret"); });
  const std::string answer = Ask(server->port(), "GET / HTTP/1.1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

// Keeps the requests until the test responds.
class Parking {
 public:
  AsyncHandler handler() {
    return [this](Request request, Respond respond) {
      if (request.path == "/quick") return respond({.body = "quick"});
      const base::MutexLock lock(mutex_);
      parked_.push_back(std::move(respond));
      changed_.SignalAll();
    };
  }
  // The callbacks, once there are `count`.
  std::vector<Respond> Take(size_t count) {
    const base::MutexLock lock(mutex_);
    while (parked_.size() < count) changed_.Wait(mutex_);
    return std::exchange(parked_, {});
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Respond> parked_ ABSL_GUARDED_BY(mutex_);
};

std::unique_ptr<Server> ServeParked(Parking& parking) {
  auto server = Server::Start({.listen = "127.0.0.1:0"}, parking.handler());
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(AsyncHandler, APendingResponseDoesNotBlockOthers) {
  Parking parking;
  auto server = ServeParked(parking);
  RawConnection slow(server->port());
  slow.Send("GET /slow HTTP/1.0\r\n\r\n");
  std::vector<Respond> responds = parking.Take(1);
  EXPECT_THAT(Ask(server->port(), "GET /quick HTTP/1.1"), EndsWith("quick"));
  responds[0]({.body = "late"});
  EXPECT_THAT(slow.ReadAll(), EndsWith("late"));
}

TEST(AsyncHandler, MayRespondFromAnotherThread) {
  Parking parking;
  auto server = ServeParked(parking);
  std::thread responder([&] {
    for (Respond& respond : parking.Take(1)) respond({.status = 202});
  });
  EXPECT_THAT(Ask(server->port(), "GET / HTTP/1.1"),
              StartsWith("HTTP/1.1 202"));
  responder.join();
}

TEST(AsyncHandler, OneThatDropsItsCallbackIsAnsweredWith500) {
  Parking parking;
  auto server = ServeParked(parking);
  std::thread dropper([&] { parking.Take(1).clear(); });
  EXPECT_THAT(Ask(server->port(), "GET / HTTP/1.1"),
              StartsWith("HTTP/1.1 500"));
  dropper.join();
}

TEST(AsyncHandler, OnlyTheFirstResponseCounts) {
  auto server = Server::Start({.listen = "127.0.0.1:0"},
                              AsyncHandler([](const Request&, Respond respond) {
                                respond({.body = "first"});
                                respond({.body = "second"});
                                throw std::runtime_error("third");
                              }));
  ASSERT_TRUE(server.ok());
  EXPECT_THAT(Ask((*server)->port(), "GET / HTTP/1.1"), EndsWith("first"));
}

TEST(AsyncHandler, MayRespondAfterTheServerHasStopped) {
  Parking parking;
  auto server = ServeParked(parking);
  std::vector<std::unique_ptr<RawConnection>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::make_unique<RawConnection>(server->port()));
    waiting.back()->Send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  }
  std::vector<Respond> responds = parking.Take(8);
  server.reset();
  for (auto& connection : waiting) connection->ReadAll();  // returns
  for (Respond& respond : responds) respond({.body = "too late"});
}

// For ThreadSanitizer above all.
TEST(AsyncHandler, MayRespondWhileTheServerStops) {
  for (int round = 0; round < 20; ++round) {
    Parking parking;
    auto server = ServeParked(parking);
    std::vector<std::unique_ptr<RawConnection>> waiting;
    for (int i = 0; i < 8; ++i) {
      waiting.push_back(std::make_unique<RawConnection>(server->port()));
      waiting.back()->Send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    std::vector<Respond> responds = parking.Take(8);
    std::thread responder([&] {
      for (Respond& respond : responds) respond({.body = "late"});
    });
    server.reset();
    responder.join();
  }
}

TEST(Server, ANewConnectionTakesThePlaceOfTheSlowest) {
  auto server = Serve(Echo, {.max_connections = 4});
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(std::make_unique<RawConnection>(server->port()));
    idle.back()->Send("GET /slow HTTP/1.1\r\nX-A: ");
  }
  EXPECT_THAT(Ask(server->port(), "GET /in HTTP/1.1"), EndsWith("GET /in []"));
  EXPECT_EQ(idle.front()->ReadAll(), "");  // closed
}

// libmicrohttpd stops accepting until a connection ends.
TEST(Server, ALackOfDescriptorsDoesNotMakeItDeaf) {
  auto server = Serve(
      Echo, {.timeout = absl::Minutes(10), .request_time = absl::Minutes(10)});
  RawConnection silent(server->port());
  // It has been accepted: a later one is answered.
  EXPECT_THAT(Ask(server->port(), "GET /1 HTTP/1.1"), EndsWith("GET /1 []"));
  RawConnection next;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;  // all in use
  setrlimit(RLIMIT_NOFILE, &none);
  next.Connect(server->port());
  EXPECT_EQ(silent.ReadAll(), "");  // it makes room
  setrlimit(RLIMIT_NOFILE, &before);
  next.Send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(next.ReadAll(), EndsWith("GET /2 []"));
}

TEST(Server, CutsARequestThatDripsIn) {
  auto server = Serve(Echo, {.request_time = absl::Milliseconds(300)});
  RawConnection slow(server->port());
  slow.Send("GET / HTTP/1.1\r\nX-A: ");
  // Never silent, so only a deadline for the whole ends it.
  std::atomic<bool> closed = false;
  std::thread dripper([&] {
    while (!closed) {
      slow.Send("a");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  EXPECT_EQ(slow.ReadAll(), "");
  closed = true;
  dripper.join();
}

TEST(Server, NamesTheAddressThatIsInUse) {
  auto first = Serve(Echo);
  auto second = Server::Start({.listen = first->address()}, Echo);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(), "cannot listen on " + first->address() +
                                           ": Address already in use");
}

TEST(Server, RefusesAnInvalidAddress) {
  for (const char* listen :
       {"", "9464", "localhost:1", "127.0.0.1", "::1:80", "127.0.0.1:65536",
        "127.0.0.1:", "[127.0.0.1]:1", "127.0.0.1:1x", "[::1]1"}) {
    EXPECT_EQ(Server::Start({.listen = listen}, Echo).status().code(),
              absl::StatusCode::kInvalidArgument)
        << listen;
  }
}

TEST(Server, ListensOnIpv6) {
  auto server = Server::Start({.listen = "[::1]:0"}, Echo);
  if (absl::IsUnavailable(server.status())) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), StartsWith("[::1]:"));
}

// Whether something at `address` accepts a connection to `port`.
bool Accepts(int family, const char* address, uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  storage.ss_family = static_cast<sa_family_t>(family);
  if (family == AF_INET6) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_port = htons(port);
    inet_pton(family, address, &v6.sin6_addr);
    size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_port = htons(port);
    inet_pton(family, address, &v4.sin_addr);
  }
  const int fd = socket(family, SOCK_STREAM, 0);
  const bool accepted =
      connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0;
  close(fd);
  return accepted;
}

// As gRPC's listeners: one setting means one thing, also where pods have IPv6
// addresses only.
TEST(Server, ListensOnBothFamiliesAtEitherWildcard) {
  for (const char* wildcard : {"0.0.0.0", "[::]"}) {
    auto server = Server::Start({.listen = base::StrCat(wildcard, ":0")}, Echo);
    ASSERT_TRUE(server.ok()) << server.status();
    const uint16_t port = (*server)->port();
    EXPECT_EQ((*server)->address(), base::StrCat(wildcard, ":", port));
    EXPECT_TRUE(Accepts(AF_INET, "127.0.0.1", port)) << wildcard;
    auto other = Server::Start({.listen = "[::1]:0"}, Echo);
    if (absl::IsUnavailable(other.status())) continue;  // no IPv6 here
    EXPECT_TRUE(Accepts(AF_INET6, "::1", port)) << wildcard;
    EXPECT_FALSE(Accepts(AF_INET, "127.0.0.1", (*other)->port()));
  }
}

TEST(Server, RefusesAnInvalidCertificate) {
  Server::Options options{.listen = "127.0.0.1:0"};
  options.tls.emplace(Tls{"nonsense", Secret("nonsense")});
  auto server = Server::Start(std::move(options), Echo);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Server, AnswersManyConnectionsAtOnce) {
  auto server = Serve(Echo);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) {
        right += Ask(server->port(), "GET /x HTTP/1.1").ends_with("GET /x []");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
}

}  // namespace
}  // namespace usher::httpd
