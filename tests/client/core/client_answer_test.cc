// Answers of usherd and the results that the client makes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "tests/client/core/scripted_server.h"
#include "usher/client.h"

namespace usher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ScriptedServer;
using enum Undecided::Cause;

std::unique_ptr<Client> ClientOf(const ScriptedServer& server) {
  return *Client::Create({.target = server.address(),
                          .tls = std::nullopt,
                          .deadline = absl::Seconds(20)});
}

TEST(Client, ReturnsEveryFieldOfAVerifiedToken) {
  ScriptedServer server({.verify = testing::SayVerified});
  const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
  ASSERT_TRUE(result.ok());
  const VerifiedToken& token = *result.verified();
  EXPECT_EQ(token.issuer(), "https://login.example.com");
  EXPECT_EQ(token.issuer_name(), "corp");
  EXPECT_EQ(token.subject(), "alice");
  EXPECT_EQ(token.client_id(), "shop");
  EXPECT_THAT(token.audiences(), ElementsAre("orders", "billing"));
  EXPECT_THAT(token.scopes(), ElementsAre("read"));
  EXPECT_EQ(token.kind(), TokenKind::kAccessToken);
  EXPECT_EQ(token.token_id(), "jti-1");
  EXPECT_EQ(token.session_id(), "sid-1");
  EXPECT_EQ(token.issued_at(), absl::FromUnixSeconds(1'767'225'600));
  EXPECT_EQ(token.not_before(), absl::FromUnixSeconds(1'767'225'601));
  EXPECT_EQ(token.expires_at(), absl::FromUnixSeconds(1'767'225'900));
  EXPECT_EQ(token.key_id(), "key-1");
  EXPECT_EQ(token.algorithm(), "ES256");
  EXPECT_EQ(token.confirmation_json(), R"({"jkt":"x"})");
  EXPECT_EQ(token.claims_json(), R"({"sub":"alice"})");
  EXPECT_EQ(token.cache_for(), absl::Seconds(30));
  EXPECT_TRUE(token.stale_keys());
  EXPECT_EQ(token.evaluated_at(), absl::FromUnixSeconds(1'767'225'700));
}

TEST(Client, SendsTheTraceHeadersOfTheRequest) {
  ScriptedServer server({.verify = testing::SayVerified});
  const std::string trace =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto client = ClientOf(server);
  const auto ask = [&](TraceHeaders headers) {
    (void)client->Verify({.token = "a.b.c", .trace = headers});
  };
  ask({});
  EXPECT_THAT(server.verify_metadata("traceparent"), IsEmpty());
  EXPECT_THAT(server.verify_metadata("x-request-id"), IsEmpty());
  ask({.traceparent = trace, .request_id = "order-17"});
  EXPECT_THAT(server.verify_metadata("traceparent"), ElementsAre(trace));
  EXPECT_THAT(server.verify_metadata("x-request-id"), ElementsAre("order-17"));
}

TEST(Client, LeavesOutTraceHeadersThatAreNotWellFormed) {
  ScriptedServer server({.verify = testing::SayVerified});
  const std::string trace =
      "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto client = ClientOf(server);
  const std::string long_id(65, 'a');
  const std::string no_version = "ff" + trace.substr(2);
  for (const TraceHeaders& headers :
       {TraceHeaders{"00-x", long_id}, TraceHeaders{"\r\n", "a b"},
        TraceHeaders{no_version, "\x80"}}) {
    (void)client->Verify({.token = "a.b.c", .trace = headers});
  }
  EXPECT_THAT(server.verify_metadata("traceparent"), IsEmpty());
  EXPECT_THAT(server.verify_metadata("x-request-id"), IsEmpty());
  const std::string later = trace + "-" + std::string(10'000, 'x');
  (void)client->Verify({.token = "a.b.c", .trace = {.traceparent = later}});
  EXPECT_THAT(server.verify_metadata("traceparent"), ElementsAre(trace))
      << "bounded: what a later version adds is left out";
}

TEST(Client, LeavesAbsentFieldsAbsent) {
  ScriptedServer server({.verify = [](const auto&, auto& response) {
    v1::VerifiedToken& token = *response.mutable_verified();
    token.set_issuer("https://login.example.com");
    return grpc::Status::OK;
  }});
  const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.verified()->subject(), std::nullopt);
  EXPECT_EQ(result.verified()->issued_at(), std::nullopt);
  // As of an opaque token that its issuer introspected.
  EXPECT_EQ(result.verified()->expires_at(), std::nullopt);
  EXPECT_EQ(result.verified()->algorithm(), std::nullopt);
  EXPECT_EQ(result.verified()->confirmation_json(), std::nullopt);
  EXPECT_EQ(result.verified()->cache_for(), absl::ZeroDuration());
}

TEST(Client, SendsEveryFieldOfTheRequest) {
  ScriptedServer server({.verify = testing::SayVerified});
  const VerifyResult result =
      ClientOf(server)->Verify({.token = "a.b.c",
                                .audiences = {"orders", "billing"},
                                .scopes = {"read"},
                                .scope_match = ScopeMatch::kAny,
                                .kind = TokenKind::kIdToken,
                                .issuer = "https://login.example.com",
                                .check_at_issuer = true});
  ASSERT_TRUE(result.ok());
  const v1::VerifyRequest request = server.verify_requests().at(0);
  EXPECT_EQ(request.token(), "a.b.c");
  EXPECT_TRUE(request.check_at_issuer());
  EXPECT_THAT(request.audiences(), ElementsAre("orders", "billing"));
  EXPECT_THAT(request.scopes(), ElementsAre("read"));
  EXPECT_EQ(request.scope_match(), v1::ANY);
  EXPECT_EQ(request.kind(), v1::ID_TOKEN);
  EXPECT_EQ(request.issuer(), "https://login.example.com");
}

TEST(Client, ReturnsADenialWithoutASecondAttempt) {
  ScriptedServer server(testing::Denying(15, "expired 12s ago", "exp"));
  const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
  EXPECT_FALSE(result.ok());
  ASSERT_NE(result.denial(), nullptr);
  EXPECT_EQ(result.denial()->reason, Reason::kTokenExpired);
  EXPECT_EQ(result.denial()->message, "expired 12s ago");
  EXPECT_EQ(result.denial()->claim, "exp");
  EXPECT_EQ(server.verify_calls(), 1u);
}

TEST(Client, TreatsAnUnknownReasonAsADenial) {
  for (int number : {0, 999}) {
    ScriptedServer server(testing::Denying(number, "something new"));
    const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
    ASSERT_NE(result.denial(), nullptr) << number;
    EXPECT_EQ(result.denial()->reason, std::nullopt);
    EXPECT_EQ(result.denial()->reason_name(), "UNKNOWN");
  }
}

TEST(Client, NeverTreatsAnEmptyAnswerAsVerified) {
  ScriptedServer nothing(
      {.verify = [](const auto&, auto&) { return grpc::Status::OK; }});
  ScriptedServer hollow({.verify = [](const auto&, auto& response) {
    response.mutable_verified();
    return grpc::Status::OK;
  }});
  for (const ScriptedServer* server : {&nothing, &hollow}) {
    const VerifyResult result = ClientOf(*server)->Verify({.token = "a.b.c"});
    ASSERT_NE(result.undecided(), nullptr);
    EXPECT_EQ(result.undecided()->cause, kBadAnswer);
  }
}

TEST(Client, DeniesWithoutARequestWhatCannotBeAToken) {
  ScriptedServer server({.verify = testing::SayVerified});
  const auto client = ClientOf(server);
  EXPECT_EQ(client->Verify({.token = "a.b.\xff"}).denial()->reason,
            Reason::kTokenMalformed);
  EXPECT_EQ(client->Verify({.token = "a.b.c\n"}).denial()->reason,
            Reason::kTokenMalformed);
  EXPECT_EQ(client->Verify({.token = std::string(16 * 1024 + 1, 'a')})
                .denial()
                ->reason,
            Reason::kTokenTooLarge);
  EXPECT_EQ(server.verify_calls(), 0u);
}

TEST(Client, RunsTheCallback) {
  ScriptedServer server({.verify = testing::SayVerified});
  const auto client = ClientOf(server);
  absl::Notification done;
  client->Verify({.token = "a.b.c"}, [&](VerifyResult result) {
    EXPECT_TRUE(result.ok());
    done.Notify();
  });
  done.WaitForNotification();
}

TEST(Client, ReturnsAnErrorIfACallbackWaits) {
  ScriptedServer server({.verify = testing::SayVerified});
  const auto client = ClientOf(server);
  absl::Notification done;
  client->Verify({.token = "a.b.c"}, [&](VerifyResult) {
    const VerifyResult inner = client->Verify({.token = "a.b.c"});
    ASSERT_NE(inner.undecided(), nullptr);
    EXPECT_EQ(inner.undecided()->cause, kBadRequest);
    done.Notify();
  });
  done.WaitForNotification();
}

TEST(Client, ReturnsTheResultsOfABatchInOrder) {
  ScriptedServer server({.batch = [](const auto& request, auto& response) {
    EXPECT_EQ(request.requests_size(), 3);
    *response.add_results()->mutable_verified() = testing::WholeToken();
    response.add_results()->mutable_denial()->set_reason(v1::TOKEN_EXPIRED);
    v1::Undecided& undecided = *response.add_results()->mutable_undecided();
    undecided.set_reason(v1::KEYS_UNAVAILABLE);
    undecided.mutable_retry_after()->set_seconds(2);
    return grpc::Status::OK;
  }});
  const std::vector<VerifyRequest> requests = {
      {.token = "a"}, {.token = "no token"}, {.token = "b"}, {.token = "c"}};
  const std::vector<VerifyResult> results =
      ClientOf(server)->BatchVerify(requests);
  ASSERT_EQ(results.size(), 4u);
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(results[1].denial()->reason, Reason::kTokenMalformed);
  EXPECT_EQ(results[2].denial()->reason, Reason::kTokenExpired);
  EXPECT_EQ(results[3].undecided()->reason, Reason::kKeysUnavailable);
  EXPECT_EQ(results[3].undecided()->cause, kDependency);
  EXPECT_EQ(results[3].undecided()->retry_after, absl::Seconds(2));
}

TEST(Client, RejectsABatchWithTheWrongNumberOfResults) {
  ScriptedServer server({.batch = [](const auto&, auto& response) {
    *response.add_results()->mutable_verified() = testing::WholeToken();
    return grpc::Status::OK;
  }});
  const std::vector<VerifyRequest> requests = {{.token = "a"}, {.token = "b"}};
  for (const VerifyResult& result : ClientOf(server)->BatchVerify(requests)) {
    ASSERT_NE(result.undecided(), nullptr);
    EXPECT_EQ(result.undecided()->cause, kBadAnswer);
  }
}

TEST(Client, FailsABatchAsAWhole) {
  ScriptedServer server({});
  const std::vector<VerifyRequest> requests = {{.token = "a"}, {.token = "b"}};
  const std::vector<VerifyResult> results =
      ClientOf(server)->BatchVerify(requests);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].undecided()->cause, kBadAnswer);
  EXPECT_THAT(ClientOf(server)->BatchVerify({}), IsEmpty());
}

TEST(Client, Introspects) {
  ScriptedServer server({.introspect = [](const auto& request, auto& response) {
    if (request.token() == "bad") return grpc::Status::OK;
    response.set_active(true);
    response.set_sub("alice");
    response.set_exp(1'767'225'900);
    response.add_aud("orders");
    return grpc::Status::OK;
  }});
  const auto client = ClientOf(server);
  const Introspection good = client->Introspect({.token = "good"});
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good.active()->sub, "alice");
  EXPECT_EQ(good.active()->exp, absl::FromUnixSeconds(1'767'225'900));
  EXPECT_EQ(good.active()->nbf, std::nullopt);
  EXPECT_THAT(good.active()->aud, ElementsAre("orders"));
  EXPECT_NE(client->Introspect({.token = "bad"}).inactive(), nullptr);
  EXPECT_NE(client->Introspect({.token = "b\xff"}).inactive(), nullptr);
}

TEST(Client, NamesTheFieldOfTheRequestThatIsWrong) {
  ScriptedServer server({.verify = [](const auto&, auto&) {
    return testing::BadRequestStatus("audiences[0]", "must not be empty");
  }});
  const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, kBadRequest);
  EXPECT_FALSE(result.undecided()->may_retry());
  EXPECT_THAT(result.undecided()->message,
              HasSubstr("audiences[0]: must not be empty"));
  EXPECT_EQ(server.verify_calls(), 1u);
}

TEST(Client, ReportsThatThisServiceMayNotAsk) {
  for (auto code : {grpc::StatusCode::UNAUTHENTICATED,
                    grpc::StatusCode::PERMISSION_DENIED}) {
    ScriptedServer server({.verify = [code](const auto&, auto&) {
      return grpc::Status(code, "no such caller");
    }});
    const VerifyResult result = ClientOf(server)->Verify({.token = "a.b.c"});
    ASSERT_NE(result.undecided(), nullptr);
    EXPECT_EQ(result.undecided()->cause, kNotAllowed);
    EXPECT_FALSE(result.undecided()->may_retry());
    EXPECT_EQ(server.verify_calls(), 1u);
  }
}

TEST(Client, NamesEveryCause) {
  EXPECT_EQ(NameOf(kDependency), "DEPENDENCY");
  EXPECT_EQ(NameOf(kDeadline), "DEADLINE");
  EXPECT_EQ(NameOf(kStopped), "STOPPED");
}

}  // namespace
}  // namespace usher
