#include "tests/support/http_issuer.h"

#include <future>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/http/curl_client.h"
#include "lib/jose/jws.h"
#include "tests/support/dev_control.h"
#include "tests/support/fake_clock.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;

class HttpIssuerTest : public ::testing::Test {
 protected:
  HttpIssuerTest() : issuer_(clock_, {.other = &Control}) {}

  absl::StatusOr<http::Response> Fetch(
      const std::string& path, std::optional<std::string> body = {},
      absl::Duration timeout = absl::Seconds(60)) {
    http::Request request;
    request.url = issuer_.url() + path;
    request.body = std::move(body);
    request.options.ca_pem = issuer_.ca_pem();
    request.options.insecure_allow_private_addresses = true;
    request.timeout = timeout;
    std::promise<absl::StatusOr<http::Response>> promise;
    client_->Fetch(std::move(request), [&](auto outcome) {
      promise.set_value(std::move(outcome));
    });
    return promise.get_future().get();
  }
  // "200 body".
  std::string Ask(const std::string& path,
                  std::optional<std::string> body = {}) {
    auto response = Fetch(path, std::move(body));
    if (!response.ok()) return std::string(response.status().message());
    return std::to_string(response->status) + " " + response->body;
  }

  FakeClock clock_;
  HttpIssuer issuer_;
  std::unique_ptr<http::CurlClient> client_ = *http::CurlClient::Create();
};

TEST_F(HttpIssuerTest, ServesBothDocumentsAndCountsRequests) {
  EXPECT_EQ(Ask(kDiscoveryPath), "200 " + issuer_.issuer().Discovery());
  EXPECT_EQ(Ask(kJwksPath), "200 " + issuer_.issuer().Jwks());
  EXPECT_EQ(Ask(kJwksPath), "200 " + issuer_.issuer().Jwks());
  EXPECT_EQ(Ask("/other"), "404 not found\n");
  EXPECT_EQ(issuer_.requests(kJwksPath), 2);
  EXPECT_EQ(issuer_.requests("/not-requested"), 0);
  EXPECT_EQ(issuer_.connections(), 1u);
}

TEST_F(HttpIssuerTest, InjectsFaults) {
  issuer_.SetFault(kJwksPath, {.status = 500});
  EXPECT_THAT(Ask(kJwksPath), HasSubstr("500 "));
  issuer_.SetFault(kJwksPath, Fault::Garbage());
  EXPECT_EQ(Ask(kJwksPath), "200 <html>It works!</html>");
  issuer_.SetFault(kJwksPath, {.redirect = "https://elsewhere.test/"});
  EXPECT_THAT(Ask(kJwksPath), HasSubstr("302 "));
  issuer_.SetFault(kJwksPath, Fault::Huge());
  EXPECT_EQ(Fetch(kJwksPath).status().code(),
            absl::StatusCode::kResourceExhausted);
  issuer_.SetFault(kJwksPath, Fault::Hang());
  EXPECT_EQ(Fetch(kJwksPath, {}, absl::Milliseconds(200)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  issuer_.ClearFaults();
  EXPECT_EQ(Ask(kJwksPath), "200 " + issuer_.issuer().Jwks());
}

TEST_F(HttpIssuerTest, ReopensTheSamePort) {
  const std::string url = issuer_.url();
  issuer_.GoDown();
  EXPECT_EQ(Fetch(kJwksPath).status().code(), absl::StatusCode::kUnavailable);
  issuer_.ComeUp();
  EXPECT_EQ(issuer_.url(), url);
  EXPECT_EQ(Ask(kJwksPath), "200 " + issuer_.issuer().Jwks());
}

TEST_F(HttpIssuerTest, IsControlledOverItsPort) {
  EXPECT_EQ(Ask("/dev/rotate", R"({"alg":"RS256","keep_old":false})"),
            "200 {\"kid\":\"key-2\"}\n");
  EXPECT_EQ(Ask("/dev/remove-key", R"({"kid":"key-2"})"),
            "400 kid: no such key, or the last one\n");
  EXPECT_EQ(Ask("/dev/fault", R"({"path":"/jwks","status":503})"), "200 {}\n");
  EXPECT_THAT(Ask(kJwksPath), HasSubstr("503 "));
  EXPECT_EQ(Ask("/dev/fault", R"({"path":"/jwks","clear":true})"), "200 {}\n");
  EXPECT_EQ(Ask("/dev/publish", ""), "200 {}\n");
  EXPECT_THAT(Ask("/dev/stats"),
              HasSubstr(R"("keys":["key-2"],"requests":{"/dev/fault":2,)"));
}

TEST_F(HttpIssuerTest, MintsOverItsPort) {
  const std::string answer = Ask(
      "/dev/mint",
      R"({"claims":{"sub":"bob"},"remove":["jti"],"typ":"JWT","alg":"ES256"})");
  ASSERT_THAT(answer, HasSubstr("200 eyJ"));
  const std::string token = answer.substr(4, answer.size() - 5);
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->UnverifiedClaims().Find("sub")->String(), "bob");
  EXPECT_FALSE(jws->UnverifiedClaims().Find("jti"));
  EXPECT_EQ(jws->UnverifiedIssuer(), issuer_.url());
}

TEST_F(HttpIssuerTest, ReportsAnInvalidCommand) {
  EXPECT_EQ(Ask("/dev/mint", "[]"), "400 the body is no JSON object\n");
  EXPECT_EQ(Ask("/dev/mint", R"({"alg":"none"})"), "400 alg: unknown\n");
  EXPECT_EQ(Ask("/dev/mint", R"({"kid":"unknown"})"),
            "400 no such key, or none for that alg\n");
  EXPECT_EQ(Ask("/dev/fault", "{}"), "400 path: missing\n");
  EXPECT_EQ(Ask("/dev/fault", R"({"path":"/dev/mint"})"),
            "400 path: /dev/ never fails\n");
  EXPECT_EQ(Ask("/dev/mint"), "405 POST only\n");
}

}  // namespace
}  // namespace usher::testing
