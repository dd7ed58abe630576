#include "server/rpc/token_service.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "server/net/grpc_listener.h"
#include "server/rpc/request_checks.h"
#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TokenService, ReturnsTheClaimsOfAGoodToken) {
  ServiceFixture service;
  v1::VerifyRequest request = Asking(
      service.issuer.Mint({.claims = R"({"scope":"read write","sid":"s1"})"}));
  request.add_audiences("orders");
  request.add_scopes("write");
  v1::VerifyResponse response;
  const grpc::Status status = service.Verify(request, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(response.has_verified()) << response.ShortDebugString();
  const v1::VerifiedToken& token = response.verified();
  EXPECT_EQ(token.issuer(), service.issuer.issuer());
  EXPECT_EQ(token.issuer_name(), "corp");
  EXPECT_EQ(token.subject(), "alice");
  EXPECT_EQ(token.client_id(), "test-client");
  EXPECT_THAT(token.audiences(), ElementsAre("orders"));
  EXPECT_THAT(token.scopes(), ElementsAre("read", "write"));
  EXPECT_EQ(token.kind(), v1::ACCESS_TOKEN);
  EXPECT_EQ(token.token_id(), "token-1");
  EXPECT_EQ(token.session_id(), "s1");
  EXPECT_EQ(token.key_id(), "key-1");
  EXPECT_EQ(token.algorithm(), "ES256");
  EXPECT_FALSE(token.has_not_before());
  EXPECT_FALSE(token.has_confirmation_json());
  EXPECT_FALSE(token.stale_keys());
  const int64_t now = absl::ToUnixSeconds(service.clock.Now());
  EXPECT_EQ(token.issued_at().seconds(), now);
  EXPECT_EQ(token.expires_at().seconds(), now + 300);
  EXPECT_EQ(token.evaluated_at().seconds(), now);
  EXPECT_EQ(token.cache_for().seconds(), 30);
  EXPECT_THAT(token.claims_json(), HasSubstr(R"("sid":"s1")"));
}

TEST(TokenService, EndsOkWithADenialForABadToken) {
  ServiceFixture service;
  const std::string good = service.issuer.Mint();
  service.clock.Advance(absl::Hours(1));
  v1::VerifyResponse response;
  ASSERT_TRUE(service.Verify(Asking(good), response).ok());
  ASSERT_TRUE(response.has_denial());
  EXPECT_EQ(response.denial().reason(), v1::TOKEN_EXPIRED);
  EXPECT_EQ(response.denial().claim(), "exp");
}

TEST(TokenService, DeniesMalformedAndTooLongTokens) {
  ServiceFixture service;
  v1::VerifyResponse garbage;
  ASSERT_TRUE(service.Verify(Asking("eyJ.garbage"), garbage).ok());
  EXPECT_EQ(garbage.denial().reason(), v1::TOKEN_MALFORMED);
  v1::VerifyResponse large;
  ASSERT_TRUE(service.Verify(Asking(std::string(4 << 20, 'a')), large).ok());
  EXPECT_EQ(large.denial().reason(), v1::TOKEN_TOO_LARGE);
}

TEST(TokenService, RefusesAnEmptyTokenAsABadRequest) {
  ServiceFixture service;
  v1::VerifyResponse response;
  const grpc::Status status = service.Verify(Asking(""), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("token"));
}

TEST(TokenService, RefusesUnknownEnumValuesAsABadRequest) {
  ServiceFixture service;
  v1::VerifyRequest request = Asking(service.issuer.Mint());
  request.set_kind(static_cast<v1::TokenKind>(99));
  v1::VerifyResponse response;
  const grpc::Status status = service.Verify(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("kind"));
}

TEST(TokenService, RequiresAnAudienceWhereTheIssuerHasSeveral) {
  ServiceFixture service({.audiences = {"orders", "billing"}});
  v1::VerifyRequest request = Asking(service.issuer.Mint());
  v1::VerifyResponse response;
  const grpc::Status status = service.Verify(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("audiences"));

  request.add_audiences("orders");
  ASSERT_TRUE(service.Verify(request, response).ok());
  EXPECT_TRUE(response.has_verified());

  request.set_audiences(0, "billing");
  v1::VerifyResponse other;
  ASSERT_TRUE(service.Verify(request, other).ok());
  EXPECT_EQ(other.denial().reason(), v1::AUDIENCE_MISMATCH);
}

TEST(TokenService, WaitsForKeysWithoutDelayingOtherRequests) {
  ServiceFixture service({.keys_inline = false});
  service.http.Answer(service.issuer.jwks_uri(), service.issuer.Jwks());
  auto waiting = std::async(std::launch::async, [&] {
    v1::VerifyResponse response;
    EXPECT_TRUE(service.Verify(Asking(service.issuer.Mint()), response).ok());
    return response;
  });
  while (service.counters.in_flight.value() == 0) std::this_thread::yield();
  // Far more than gRPC has threads.
  for (int i = 0; i < 20; ++i) {
    v1::VerifyResponse response;
    ASSERT_TRUE(service.Verify(Asking("eyJ.garbage"), response).ok());
    EXPECT_EQ(response.denial().reason(), v1::TOKEN_MALFORMED);
  }
  service.http.Deliver();
  EXPECT_TRUE(waiting.get().has_verified());
}

TEST(TokenService, EndsUnavailableWhenKeysAreUnavailable) {
  ServiceFixture service({.keys_inline = false});
  const std::string token = service.issuer.Mint();
  auto waiting = std::async(std::launch::async, [&] {
    v1::VerifyResponse response;
    return service.Verify(Asking(token), response);
  });
  while (waiting.wait_for(std::chrono::seconds(0)) !=
         std::future_status::ready) {
    service.scheduler.Advance(absl::Milliseconds(100));
  }
  const grpc::Status status = waiting.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "KEYS_UNAVAILABLE");
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(status).has_value());
}

TEST(TokenService, EndsResourceExhaustedWhenTooManyWait) {
  ServiceFixture service({.keys_inline = false, .permits = 0});
  v1::VerifyResponse response;
  const grpc::Status status =
      service.Verify(Asking(service.issuer.Mint()), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_TRUE(DetailOf<google::rpc::RetryInfo>(status).has_value());
}

TEST(TokenService, IntrospectsAGoodToken) {
  ServiceFixture service;
  v1::IntrospectRequest request;
  request.set_token(service.issuer.Mint({.claims = R"({"scope":"a b"})"}));
  v1::IntrospectResponse response;
  ASSERT_TRUE(service.Introspect(request, response).ok());
  EXPECT_TRUE(response.active());
  EXPECT_EQ(response.scope(), "a b");
  EXPECT_EQ(response.sub(), "alice");
  EXPECT_EQ(response.client_id(), "test-client");
  EXPECT_EQ(response.iss(), service.issuer.issuer());
  EXPECT_EQ(response.token_type(), "Bearer");
  EXPECT_THAT(response.aud(), ElementsAre("orders"));
  EXPECT_EQ(response.exp(), absl::ToUnixSeconds(service.clock.Now()) + 300);
  EXPECT_EQ(response.jti(), "token-1");
  EXPECT_FALSE(response.has_nbf());
  EXPECT_THAT(response.extra_json(), HasSubstr(R"("scope":"a b")"));
}

TEST(TokenService, IntrospectsABadTokenAsInactiveAndNothingElse) {
  ServiceFixture service;
  v1::IntrospectRequest request;
  request.set_token("eyJ.garbage");
  v1::IntrospectResponse response;
  ASSERT_TRUE(service.Introspect(request, response).ok());
  EXPECT_EQ(response.ByteSizeLong(), 0u);
}

TEST(TokenService, CountsRequestsAndVerdicts) {
  ServiceFixture service;
  v1::VerifyResponse response;
  ASSERT_TRUE(service.Verify(Asking(service.issuer.Mint()), response).ok());
  ASSERT_FALSE(service.Verify(Asking(""), response).ok());
  const auto& requests = service.counters.requests;
  EXPECT_EQ(requests.count(Rpc::kVerify, grpc::StatusCode::OK), 1u);
  EXPECT_EQ(requests.count(Rpc::kVerify, grpc::StatusCode::INVALID_ARGUMENT),
            1u);
  EXPECT_EQ(service.counters.verdicts.count("corp", std::nullopt), 1u);
  EXPECT_EQ(service.counters.in_flight.value(), 0);
}

// What each method is sent as bytes, and how the call ends.
grpc::Status Send(const std::shared_ptr<grpc::Channel>& channel,
                  const std::string& method, const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::Slice slice(bytes);
  grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, {}, &request, &response,
                 [&](grpc::Status status) { done.set_value(status); });
  return done.get_future().get();
}

TEST(TokenService, RefusesHostileBytesOnEveryMethodOfBothListeners) {
  ServiceFixture service;
  std::string empty_elements, unknown_fields;
  for (int i = 0; i < 20000; ++i) {
    empty_elements += std::string("\x0a\0\x12\0", 4);
    unknown_fields += std::string("\x78\0", 2);
  }
  for (const char* method :
       {"TokenService/Verify", "TokenService/BatchVerify",
        "TokenService/Introspect", "AdminService/Explain",
        "AdminService/ListIssuers", "AdminService/RefreshKeys"}) {
    const std::string path = std::string("/usher.v1.") + method;
    const auto& channel = path.find("Admin") == std::string::npos
                              ? service.channel
                              : service.admin_channel;
    for (const std::string& bytes :
         {empty_elements, unknown_fields, std::string("\x0b\x0c"),
          std::string("\xff\xff\xff\xff\xff")}) {
      const grpc::Status status = Send(channel, path, bytes);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
          << method << ": " << status.error_message();
      EXPECT_EQ(FieldsOf(status).size(), 1u) << method;
    }
  }
  EXPECT_EQ(service.counters.in_flight.value(), 0);
}

TEST(TokenService, RefusesTextThatIsNotUtf8) {
  ServiceFixture service;
  const grpc::Status status = Send(
      service.channel, "/usher.v1.TokenService/Verify", "\x0a\x02\xff\xfe");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "the request has a text that is not UTF-8");
}

TEST(TokenService, RefusesCompressedRequests) {
  ServiceFixture service;
  for (const auto& [algorithm, stubs] :
       {std::pair{GRPC_COMPRESS_GZIP, &service},
        std::pair{GRPC_COMPRESS_DEFLATE, &service}}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    v1::VerifyResponse response;
    // Large enough to be compressed.
    EXPECT_EQ(
        stubs->stub->Verify(&context, Asking(std::string(4096, 'a')), &response)
            .error_code(),
        grpc::StatusCode::UNIMPLEMENTED);
    grpc::ClientContext admin_context;
    admin_context.set_compression_algorithm(algorithm);
    v1::ListIssuersResponse issuers;
    EXPECT_EQ(
        stubs->admin->ListIssuers(&admin_context, {}, &issuers).error_code(),
        grpc::StatusCode::UNIMPLEMENTED);
  }
  v1::VerifyResponse after;
  EXPECT_TRUE(service.Verify(Asking("eyJ.garbage"), after).ok());
}

TEST(TokenService, KeepsAWaitingRequestNoLongerThanItsDeadlineAllows) {
  ServiceFixture service({.keys_inline = false});
  // The clock of the service stands still: only the deadline can end it.
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(40));
  v1::VerifyResponse response;
  const grpc::Status status =
      service.stub->Verify(&context, Asking(service.issuer.Mint()), &response);
  // 40 ms are too few for a wait that leaves 50 ms.
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(service.waiting_limit.in_use(), 0u);
}

TEST(TokenService, RefusesMessagesAboveTheTransportLimit) {
  ServiceFixture service;
  v1::VerifyResponse response;
  const grpc::Status status =
      service.Verify(Asking(std::string(kMaxReceiveBytes + 1, 'a')), response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

}  // namespace
}  // namespace usher::server
