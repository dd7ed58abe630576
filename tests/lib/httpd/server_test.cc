#include "lib/httpd/server.h"

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
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

// Answers with what it was asked.
Response Echo(const Request& request) {
  std::string body = request.method + " " + request.path;
  for (const auto& [name, value] : request.query) {
    body += " " + name + "=" + value;
  }
  return {.body = body + " [" + request.body + "]"};
}

TEST(Server, HandsOverMethodPathQueryAndBody) {
  auto server = Serve(Echo);
  EXPECT_THAT(Ask(server->port(), "GET /a%20b?x=1&y&z=%26 HTTP/1.1"),
              EndsWith("GET /a b x=1 y= z=& []"));
  EXPECT_THAT(
      Ask(server->port(), "POST /p HTTP/1.1\r\nContent-Length: 5", "hello"),
      EndsWith("POST /p [hello]"));
}

TEST(Server, HandsOverHeadersInLowerCaseAndThePeer) {
  auto server = Serve([](const Request& request) -> Response {
    return {.body = std::string(*request.Header("x-thing")) + " " +
                    request.peer.substr(0, 10)};
  });
  EXPECT_THAT(Ask(server->port(), "GET / HTTP/1.1\r\nX-Thing: It"),
              EndsWith("It 127.0.0.1:"));
}

TEST(Server, SaysWhatKeepsBrowsersSafe) {
  auto server = Serve([](const Request&) -> Response { return {}; });
  const std::string answer = Ask(server->port(), "GET / HTTP/1.1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
}

TEST(Server, TakesTheHandlersStatusTypeAndHeaders) {
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

TEST(Server, RefusesABodyThatIsAnnouncedTooLarge) {
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

TEST(Server, DropsAConnectionWhoseUnannouncedBodyGrowsTooLarge) {
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

TEST(Server, AnswersOthersWhileAnAnswerIsDelayed) {
  auto server = Serve([](const Request& request) -> Response {
    if (request.path == "/quick") return {.body = "quick"};
    return {.body = "slow", .delay = absl::Hours(1)};
  });
  RawConnection slow(server->port());
  slow.Send("GET /slow HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(Ask(server->port(), "GET /quick HTTP/1.1"), EndsWith("quick"));
}

TEST(Server, SendsADelayedAnswerWhenItsTimeHasCome) {
  auto server = Serve([](const Request&) -> Response {
    return {.body = "late", .delay = absl::Milliseconds(30)};
  });
  EXPECT_THAT(Ask(server->port(), "GET / HTTP/1.1"), EndsWith("late"));
}

TEST(Server, StopsWhileAnswersAreDelayed) {
  auto server = Serve([](const Request&) -> Response {
    return {.body = "late", .delay = absl::Hours(1)};
  });
  std::vector<std::unique_ptr<RawConnection>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::make_unique<RawConnection>(server->port()));
    waiting.back()->Send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  }
  server.reset();
  for (auto& connection : waiting) connection->ReadAll();  // returns
}

TEST(Server, LetsThoseBeyondItsLimitWaitUntilOneEnds) {
  auto server = Serve(Echo, {.max_connections = 4});
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<RawConnection>(server->port()));
  }
  RawConnection waiting(server->port());
  waiting.Send("GET /waited HTTP/1.0\r\n\r\n");
  idle.front()->Send("GET /in HTTP/1.0\r\n\r\n");
  EXPECT_THAT(idle.front()->ReadAll(), EndsWith("GET /in []"));
  EXPECT_THAT(waiting.ReadAll(), EndsWith("GET /waited []"));
}

TEST(Server, SaysWhichAddressIsTaken) {
  auto first = Serve(Echo);
  auto second = Server::Start({.listen = first->address()}, Echo);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.status().message(), "cannot listen on " + first->address() +
                                           ": Address already in use");
}

TEST(Server, RefusesWhatIsNoAddress) {
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

TEST(Server, RefusesACertificateThatIsNone) {
  Server::Options options{.listen = "127.0.0.1:0"};
  options.tls.emplace(Tls{"nonsense", Secret("nonsense")});
  auto server = Server::Start(std::move(options), Echo);
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Server, AnswersManyAtOnce) {
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
