// What the client does if usherd is not there or is silent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "lib/base/text/strings.h"
#include "tests/client/core/scripted_server.h"
#include "usher/client.h"

namespace usher {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedServer;
using enum Undecided::Cause;

ClientOptions PlaintextTo(std::string target) {
  return {.target = std::move(target),
          .tls = std::nullopt,
          .deadline = absl::Seconds(20)};
}

ScriptedServer::Script Failing(grpc::Status status) {
  return {.verify = [status](const auto&, auto&) { return status; }};
}

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "shutting down");

TEST(ClientFailure, RetriesOnce) {
  ScriptedServer server(Failing(kUnavailable));
  const auto client = *Client::Create(PlaintextTo(server.address()));
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kUnreachable);
  EXPECT_TRUE(result.undecided()->may_retry());
  EXPECT_EQ(server.verify_calls(), 2u);
}

TEST(ClientFailure, DoesNotRetryWithOneAttempt) {
  ScriptedServer server(Failing(kUnavailable));
  ClientOptions options = PlaintextTo(server.address());
  options.max_attempts = 1;
  const auto client = *Client::Create(std::move(options));
  EXPECT_NE(client->Verify({.token = "a.b.c"}).undecided(), nullptr);
  EXPECT_EQ(server.verify_calls(), 1u);
}

TEST(ClientFailure, ReturnsTheAnswerOfTheSecondAttempt) {
  std::atomic<int> calls = 0;
  ScriptedServer server({.verify = [&](const auto& request, auto& response) {
    if (++calls == 1) {
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy");
    }
    return testing::SayVerified(request, response);
  }});
  const auto client = *Client::Create(PlaintextTo(server.address()));
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  EXPECT_EQ(calls, 2);
}

TEST(ClientFailure, RetriesIfAServerThatShutsDownCancels) {
  ScriptedServer server(Failing(grpc::Status(grpc::StatusCode::CANCELLED, "")));
  const auto client = *Client::Create(PlaintextTo(server.address()));
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kUnreachable);
  EXPECT_EQ(server.verify_calls(), 2u);
}

TEST(ClientFailure, ReturnsReasonAndRetryDelayIfUsherdIsUndecided) {
  ScriptedServer server(Failing(
      testing::UndecidedStatus(grpc::StatusCode::UNAVAILABLE,
                               Reason::kKeysUnavailable, absl::Minutes(1))));
  const auto client = *Client::Create(PlaintextTo(server.address()));
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kDependency);
  EXPECT_EQ(result.undecided()->reason, Reason::kKeysUnavailable);
  EXPECT_EQ(result.undecided()->retry_after, absl::Minutes(1));
  EXPECT_EQ(server.verify_calls(), 1u)
      << "a minute is more than the deadline leaves";
}

TEST(ClientFailure, ReportsOverload) {
  ScriptedServer server(
      Failing(testing::UndecidedStatus(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                       Reason::kOverloaded, absl::Minutes(1))));
  const auto client = *Client::Create(PlaintextTo(server.address()));
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  EXPECT_EQ(result.undecided()->cause, kOverloaded);
  EXPECT_EQ(result.undecided()->reason, Reason::kOverloaded);
}

TEST(ClientFailure, RetriesOnAnotherReplica) {
  ScriptedServer bad(Failing(kUnavailable));
  ScriptedServer good({.verify = testing::SayVerified});
  const auto client = *Client::Create(
      PlaintextTo(base::StrCat(bad.address(), ",", good.address())));
  // Until both are connected there is no other replica.
  while (bad.verify_calls() == 0 || good.verify_calls() == 0) {
    (void)client->Verify({.token = "a.b.c"});
  }
  const size_t before = bad.verify_calls();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
  EXPECT_GT(bad.verify_calls(), before) << "and goes round them";
}

TEST(ClientFailure, AvoidsAReplicaThatIsNotServing) {
  const ScriptedServer::Settings with_health = {.health_service = true};
  ScriptedServer draining({.verify = testing::SayVerified}, with_health);
  ScriptedServer serving({.verify = testing::SayVerified}, with_health);
  draining.SetServing(false);
  serving.SetServing(true);
  const auto client = *Client::Create(
      PlaintextTo(base::StrCat(draining.address(), ",", serving.address())));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
  EXPECT_EQ(draining.verify_calls(), 0u);
}

// Two usherds, one of which accepts requests and never replies.
struct FrozenOne {
  absl::Notification thaw;
  ScriptedServer frozen{{.verify = [this](const auto& request, auto& response) {
    thaw.WaitForNotification();
    return testing::SayVerified(request, response);
  }}};
  ScriptedServer good{{.verify = testing::SayVerified}};

  std::unique_ptr<Client> Connect(absl::Duration deadline, int attempts) const {
    ClientOptions options =
        PlaintextTo(base::StrCat(frozen.address(), ",", good.address()));
    options.deadline = deadline;
    options.max_attempts = attempts;
    return *Client::Create(std::move(options));
  }
};

TEST(ClientFailure, LosesNoRequestToAReplicaThatNeverAnswers) {
  FrozenOne usherds;
  const auto client = usherds.Connect(absl::Seconds(4), 2);
  while (usherds.good.verify_calls() == 0) {
    (void)client->Verify({.token = "a.b.c"});
  }
  // One after the other, and then many at once.
  while (usherds.frozen.verify_calls() == 0) {
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
  std::atomic<int> verified = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 25; ++k) {
        verified += client->Verify({.token = "a.b.c"}).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(verified, 200);
  usherds.thaw.Notify();
}

TEST(ClientFailure, UsesAReplicaAgainThatAnswersAgain) {
  FrozenOne usherds;
  const auto client = usherds.Connect(absl::Seconds(4), 2);
  while (usherds.good.verify_calls() == 0 ||
         usherds.frozen.verify_calls() == 0) {
    (void)client->Verify({.token = "a.b.c"});
  }
  usherds.thaw.Notify();
  const size_t before = usherds.frozen.verify_calls();
  while (usherds.frozen.verify_calls() < before + 20) {
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
}

TEST(ClientFailure, ReturnsTheAnswerOfASlowFirstAttempt) {
  absl::Notification second, end;
  std::atomic<int> calls = 0;
  ScriptedServer server({.verify = [&](const auto& request, auto& response) {
    if (++calls == 1) {
      second.WaitForNotification();
      return testing::SayVerified(request, response);
    }
    second.Notify();
    end.WaitForNotification();
    return kUnavailable;
  }});
  ClientOptions options = PlaintextTo(server.address());
  options.deadline = absl::Seconds(4);
  const auto client = *Client::Create(std::move(options));
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  EXPECT_EQ(calls, 2);
  end.Notify();
}

TEST(ClientFailure, WaitsForTheFirstAttemptIfTheSecondFails) {
  absl::Notification second;
  std::atomic<int> calls = 0;
  std::unique_ptr<Client> client;
  ScriptedServer server({.verify = [&](const auto& request, auto& response) {
    if (request.token() != "a.b.c") {
      return testing::SayVerified(request, response);
    }
    if (++calls == 1) {
      second.WaitForNotification();
      // On the same connection, so when these have come back, the second
      // attempt's end has too.
      for (int i = 0; i < 20; ++i) (void)client->Verify({.token = "o.t.h"});
      return testing::SayVerified(request, response);
    }
    second.Notify();
    return kUnavailable;
  }});
  ClientOptions options = PlaintextTo(server.address());
  options.deadline = absl::Seconds(4);
  client = *Client::Create(std::move(options));
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  EXPECT_EQ(calls, 2);
}

TEST(ClientFailure, EndsAtItsDeadline) {
  absl::Notification release;
  ScriptedServer server({.verify = [&](const auto&, auto&) {
    release.WaitForNotification();
    return grpc::Status::OK;
  }});
  ClientOptions options = PlaintextTo(server.address());
  options.deadline = absl::Milliseconds(50);
  const auto client = *Client::Create(std::move(options));
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kDeadline);
  release.Notify();
}

TEST(ClientFailure, EndsAtAnEarlierDeadlineOfTheRequest) {
  ScriptedServer server({.verify = testing::SayVerified});
  const auto client = *Client::Create(PlaintextTo(server.address()));
  const VerifyResult result = client->Verify(
      {.token = "a.b.c", .deadline = absl::Now() - absl::Seconds(1)});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kDeadline);
}

TEST(ClientFailure, StopsAskingAServerThatDoesNotAnswer) {
  absl::Notification release;
  std::atomic<bool> silent = true;
  ScriptedServer server({.verify = [&](const auto& request, auto& response) {
    if (silent) release.WaitForNotification();
    return testing::SayVerified(request, response);
  }});
  ClientOptions options = PlaintextTo(server.address());
  options.deadline = absl::Milliseconds(20);
  options.max_attempts = 1;
  const auto client = *Client::Create(options);
  const VerifyRequest request = {.token = "a.b.c"};
  // What a request's own deadline cut short says nothing about usherd.
  for (int i = 0; i < 10; ++i) {
    VerifyRequest hurried = request;
    hurried.deadline = absl::Now() + absl::Milliseconds(1);
    EXPECT_EQ(client->Verify(hurried).undecided()->cause, kDeadline);
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client->Verify(request).undecided()->cause, kDeadline);
  }
  const absl::Time opened = absl::Now();
  EXPECT_EQ(client->Verify(request).undecided()->cause, kUnreachable);
  EXPECT_EQ(client->Introspect({.token = "a.b.c"}).undecided()->cause,
            kUnreachable);
  silent = false;
  release.Notify();
  while (!client->Verify(request).ok()) std::this_thread::yield();
  EXPECT_GE(absl::Now() - opened, absl::Milliseconds(900));
}

TEST(ClientFailure, KeepsAskingAServerThatAnswersInAnyWay) {
  using enum grpc::StatusCode;
  for (const grpc::Status& status :
       {testing::UndecidedStatus(UNAVAILABLE, Reason::kKeysUnavailable,
                                 absl::ZeroDuration()),
        grpc::Status(RESOURCE_EXHAUSTED, ""),
        grpc::Status(INVALID_ARGUMENT, ""),
        grpc::Status(PERMISSION_DENIED, "")}) {
    ScriptedServer server(Failing(status));
    ClientOptions options = PlaintextTo(server.address());
    options.max_attempts = 1;
    const auto client = *Client::Create(options);
    for (int i = 0; i < 10; ++i) {
      EXPECT_NE(client->Verify({.token = "a.b.c"}).undecided(), nullptr);
    }
    EXPECT_EQ(server.verify_calls(), 10u) << status.error_code();
  }
}

TEST(ClientFailure, ReportsThatUsherdIsUnreachable) {
  auto server = std::make_unique<ScriptedServer>(
      ScriptedServer::Script{.verify = testing::SayVerified});
  const auto client = *Client::Create(PlaintextTo(server->address()));
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  server.reset();
  const VerifyResult result = client->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kUnreachable);
  EXPECT_THAT(result.undecided()->message, HasSubstr("cannot be reached"));
}

TEST(ClientFailure, ReconnectsWhenTheServerIsBack) {
  const ScriptedServer::Script script = {.verify = testing::SayVerified};
  auto server = std::make_unique<ScriptedServer>(script);
  const std::string address = server->address();
  const auto client = *Client::Create(PlaintextTo(address));
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  server.reset();
  EXPECT_FALSE(client->Verify({.token = "a.b.c"}).ok());
  server = std::make_unique<ScriptedServer>(
      script, ScriptedServer::Settings{.address = address});
  while (!client->Verify({.token = "a.b.c"}).ok()) {
  }
  EXPECT_GE(server->verify_calls(), 1u);
}

TEST(ClientFailure, CompletesRequestsInFlightWhenDestroyed) {
  absl::Notification release;
  std::atomic<int> stopped = 0;
  ScriptedServer server({.verify = [&](const auto&, auto&) {
    release.WaitForNotification();
    return grpc::Status::OK;
  }});
  auto client = *Client::Create(PlaintextTo(server.address()));
  for (int i = 0; i < 50; ++i) {
    client->Verify({.token = "a.b.c"}, [&](VerifyResult result) {
      ASSERT_NE(result.undecided(), nullptr);
      EXPECT_EQ(result.undecided()->cause, kStopped);
      ++stopped;
    });
  }
  while (server.verify_calls() == 0) std::this_thread::yield();
  client.reset();
  EXPECT_EQ(stopped, 50);
  release.Notify();
}

TEST(ClientFailure, ServesManyThreadsAtOnce) {
  std::atomic<int> calls = 0;
  ScriptedServer server({.verify = [&](const auto& request, auto& response) {
    // Some requests need a second attempt.
    if (++calls % 5 == 0) return kUnavailable;
    return testing::SayVerified(request, response);
  }});
  ClientOptions options = PlaintextTo(server.address());
  options.max_attempts = 5;
  const auto client = *Client::Create(std::move(options));
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const VerifyResult result = client->Verify({.token = "a.b.c"});
        if (result.ok() || result.undecided() != nullptr) ++answers;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answers, 400);
}

TEST(ClientFailure, EndsAWaitForARetryWhenDestroyed) {
  ScriptedServer server(Failing(
      testing::UndecidedStatus(grpc::StatusCode::UNAVAILABLE,
                               Reason::kKeysUnavailable, absl::Seconds(60))));
  ClientOptions options = PlaintextTo(server.address());
  options.deadline = absl::Minutes(5);
  auto client = *Client::Create(std::move(options));
  bool called = false;
  client->Verify({.token = "a.b.c"}, [&](VerifyResult result) {
    EXPECT_NE(result.undecided(), nullptr);
    called = true;
  });
  while (server.verify_calls() == 0) std::this_thread::yield();
  client.reset();
  EXPECT_TRUE(called);
}

TEST(ClientFailure, AcceptsARequestFromACallbackWhileDestroyed) {
  // Of usherd itself: the breaker stays closed.
  ScriptedServer server(Failing(testing::UndecidedStatus(
      grpc::StatusCode::UNAVAILABLE, Reason::kKeysUnavailable,
      absl::ZeroDuration())));
  auto client = *Client::Create(PlaintextTo(server.address()));
  Client* const asked = client.get();  // reset() clears it before the end
  int rounds = 0;
  std::function<void(VerifyResult)> again = [&](VerifyResult result) {
    ++rounds;
    if (result.undecided()->cause == kStopped) return;
    asked->Verify({.token = "a.b.c"}, again);
  };
  asked->Verify({.token = "a.b.c"}, again);
  while (server.verify_calls() < 3) std::this_thread::yield();
  client.reset();
  EXPECT_GE(rounds, 2);
}

TEST(ClientOptions, RejectPlaintextOverANetwork) {
  const auto refused = Client::Create(PlaintextTo("usher:9443"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("insecure_allow_plaintext"));
  ClientOptions loud = PlaintextTo("usher:9443");
  loud.insecure_allow_plaintext = true;
  EXPECT_TRUE(Client::Create(std::move(loud)).ok());
  EXPECT_TRUE(Client::Create(PlaintextTo("unix:/run/usherd.sock")).ok());
}

TEST(ClientOptions, AreCheckedBeforeAnythingIsSent) {
  const auto fault = [](ClientOptions options) {
    return std::string(Client::Create(std::move(options)).status().message());
  };
  EXPECT_THAT(fault({.target = ""}), HasSubstr("target"));
  EXPECT_THAT(fault({.target = "usher:9443", .tls = {{.ca_pem = "junk"}}}),
              HasSubstr("ca_pem"));
  EXPECT_THAT(fault({.target = "10.0.0.1:1,10.0.0.2:1"}),
              HasSubstr("server_name"));
  EXPECT_THAT(fault({.target = "usher:9443", .deadline = absl::ZeroDuration()}),
              HasSubstr("deadline"));
  EXPECT_THAT(fault({.target = "usher:9443", .max_attempts = 0}),
              HasSubstr("max_attempts"));
}

}  // namespace
}  // namespace usher
