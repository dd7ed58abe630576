#include "lib/introspect/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::introspect {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = EndpointErrorKind;

const std::string kIssuers[] = {"https://login.example.com",
                                "https://alias.example.com"};

http::Response Json(std::string body, int status = 200) {
  http::Response response;
  response.status = status;
  response.headers = {{"content-type", "application/json;charset=UTF-8"}};
  response.body = std::move(body);
  return response;
}

Answer Read(const absl::StatusOr<http::Response>& response,
            const token::Policy& policy = {}) {
  return ReadAnswer(response, {.issuers = kIssuers, .policy = policy});
}

const token::Claims* ClaimsIn(const Answer& answer) {
  const auto* claims =
      std::get_if<std::shared_ptr<const token::Claims>>(&answer);
  return claims ? claims->get() : nullptr;
}
std::string_view LabelOf(const Answer& answer) {
  return kResultLabels[ResultOf(answer)];
}
Reason ReasonIn(const Answer& answer) {
  return std::get<base::Refusal>(answer).reason;
}
Kind KindIn(const Answer& answer) {
  return std::get<EndpointError>(answer).kind;
}

TEST(ReadAnswer, AnActiveTokenHasTheClaimsOfTheAnswer) {
  const Answer answer = Read(Json(
      R"({"active":true,"sub":"alice","client_id":"web","scope":"read write",)"
      R"("aud":"orders","exp":1800000300,"iss":"https://alias.example.com"})"));
  const token::Claims* claims = ClaimsIn(answer);
  ASSERT_NE(claims, nullptr);
  EXPECT_EQ(claims->issuer, "https://alias.example.com");
  EXPECT_EQ(claims->subject, "alice");
  EXPECT_EQ(claims->client_id, "web");
  EXPECT_THAT(claims->scopes, ::testing::ElementsAre("read", "write"));
  EXPECT_EQ(claims->expires_at, absl::FromUnixSeconds(1800000300));
  EXPECT_EQ(LabelOf(answer), "active");
}

// RFC 7662 section 2.2: iss and exp are optional.
TEST(ReadAnswer, WithoutIssTheIssuerIsTheOneThatWasAsked) {
  const Answer answer = Read(Json(R"({"active":true})"));
  ASSERT_NE(ClaimsIn(answer), nullptr);
  EXPECT_EQ(ClaimsIn(answer)->issuer, "https://login.example.com");
  EXPECT_EQ(ClaimsIn(answer)->expires_at, std::nullopt);
}

TEST(ReadAnswer, AnInactiveTokenIsDenied) {
  const Answer answer = Read(Json(R"({"active":false})"));
  EXPECT_EQ(ReasonIn(answer), Reason::kTokenInactive);
  EXPECT_EQ(LabelOf(answer), "inactive");
}

TEST(ReadAnswer, ClaimsBesideActiveFalseMakeNoDifference) {
  EXPECT_EQ(ReasonIn(Read(Json(R"({"active":false,"sub":"a","exp":"x"})"))),
            Reason::kTokenInactive);
}

TEST(ReadAnswer, AnAnswerOfAnotherIssuerIsDenied) {
  const Answer answer =
      Read(Json(R"({"active":true,"iss":"https://evil.example.com"})"));
  EXPECT_EQ(ReasonIn(answer), Reason::kIssuerUnknown);
  EXPECT_EQ(LabelOf(answer), "invalid");
}

TEST(ReadAnswer, AClaimOfTheWrongTypeIsDenied) {
  for (const char* claims : {R"("exp":"1800000300")", R"("aud":7)",
                             R"("scope":{})", R"("nbf":true)", R"("sub":[])"}) {
    const Answer answer =
        Read(Json("{\"active\":true," + std::string(claims) + "}"));
    ASSERT_TRUE(std::holds_alternative<base::Refusal>(answer)) << claims;
    EXPECT_EQ(ReasonIn(answer), Reason::kClaimInvalid) << claims;
  }
}

TEST(ReadAnswer, ATokenTypeOtherThanBearerIsDenied) {
  for (const char* type : {"Bearer", "bearer", "access_token"}) {
    EXPECT_NE(ClaimsIn(Read(Json(R"({"active":true,"token_type":")" +
                                 std::string(type) + "\"}"))),
              nullptr)
        << type;
  }
  EXPECT_NE(ClaimsIn(Read(Json(R"({"active":true,"token_type":null})"))),
            nullptr);
  EXPECT_EQ(
      ReasonIn(Read(Json(R"({"active":true,"token_type":"refresh_token"})"))),
      Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(ReasonIn(Read(Json(R"({"active":true,"token_type":7})"))),
            Reason::kClaimInvalid);
}

TEST(ReadAnswer, ATokenBoundToAKeyIsDeniedUnlessThatIsIgnored) {
  const auto json = Json(R"({"active":true,"token_type":"DPoP"})");
  EXPECT_EQ(ReasonIn(Read(json)), Reason::kTokenBindingUnsupported);
  EXPECT_NE(ClaimsIn(Read(json, {.insecure_ignore_confirmation = true})),
            nullptr);
}

// Hydra answers so about access tokens.
TEST(ReadAnswer, TokenUseAccessTokenIsAnAccessToken) {
  const Answer answer =
      Read(Json(R"({"active":true,"token_use":"access_token"})"));
  ASSERT_NE(ClaimsIn(answer), nullptr);
  EXPECT_EQ(ClaimsIn(answer)->not_access_token, std::nullopt);
  const Answer refresh =
      Read(Json(R"({"active":true,"token_use":"refresh_token"})"));
  EXPECT_EQ(ClaimsIn(refresh)->not_access_token, "token_use");
}

TEST(ReadAnswer, OnlyTheJsonValueTrueIsActive) {
  for (const char* active :
       {R"("true")", "1", "null", "[true]", R"({"v":true})", R"("yes")"}) {
    const Answer answer =
        Read(Json("{\"active\":" + std::string(active) + "}"));
    ASSERT_TRUE(std::holds_alternative<EndpointError>(answer)) << active;
    EXPECT_EQ(KindIn(answer), Kind::kMalformed) << active;
  }
  EXPECT_EQ(KindIn(Read(Json("{}"))), Kind::kMalformed);
  EXPECT_EQ(KindIn(Read(Json(R"({"Active":true})"))), Kind::kMalformed);
  EXPECT_EQ(KindIn(Read(Json(R"([{"active":true}])"))), Kind::kMalformed);
  EXPECT_EQ(KindIn(Read(Json("true"))), Kind::kMalformed);
  EXPECT_EQ(KindIn(Read(Json(""))), Kind::kMalformed);
}

TEST(ReadAnswer, TwoMembersOfOneNameDecideNothing) {
  EXPECT_EQ(KindIn(Read(Json(R"({"active":false,"active":true})"))),
            Kind::kMalformed);
}

struct Case {
  int status;
  const char* content_type;
  Kind kind;
  const char* label;
  const char* advice;
};

class Unusable : public ::testing::TestWithParam<Case> {};

TEST_P(Unusable, LeavesTheTokenUndecidedAndSaysWhatToDo) {
  http::Response response = Json(R"({"active":true})", GetParam().status);
  response.headers = {{"content-type", GetParam().content_type}};
  const Answer answer = Read(response);
  ASSERT_TRUE(std::holds_alternative<EndpointError>(answer));
  EXPECT_EQ(KindIn(answer), GetParam().kind);
  EXPECT_THAT(std::get<EndpointError>(answer).message,
              HasSubstr(GetParam().advice));
  EXPECT_EQ(LabelOf(answer), GetParam().label);
}

constexpr char kJson[] = "application/json";
INSTANTIATE_TEST_SUITE_P(
    ReadAnswer, Unusable,
    ::testing::Values(
        Case{401, kJson, Kind::kCredentialsRefused, "credentials_refused",
             "client_id"},
        Case{403, kJson, Kind::kCredentialsRefused, "credentials_refused",
             "allowed to introspect"},
        Case{302, kJson, Kind::kRedirect, "redirect", "introspection.endpoint"},
        Case{307, kJson, Kind::kRedirect, "redirect", "introspection.endpoint"},
        Case{201, kJson, Kind::kStatus, "status", "201"},
        Case{400, kJson, Kind::kStatus, "status", "400"},
        Case{404, kJson, Kind::kStatus, "status", "404"},
        Case{503, kJson, Kind::kStatus, "status", "503"},
        Case{200, "text/html", Kind::kContentType, "content_type",
             "application/json"},
        Case{200, "", Kind::kContentType, "content_type", "application/json"},
        Case{200, "application/jsonp", Kind::kContentType, "content_type",
             "application/json"}));

TEST(ReadAnswer, TheTypeOfTheContentIsComparedWithoutCase) {
  http::Response response = Json(R"({"active":true})");
  response.headers = {{"content-type", " Application/JSON ; q=1"}};
  EXPECT_NE(ClaimsIn(Read(response)), nullptr);
}

TEST(ReadAnswer, AFailedRequestLeavesTheTokenUndecided) {
  EXPECT_EQ(KindIn(Read(absl::UnavailableError("refused"))),
            Kind::kUnreachable);
  EXPECT_EQ(KindIn(Read(absl::DeadlineExceededError("1s"))), Kind::kTimeout);
  EXPECT_EQ(KindIn(Read(absl::ResourceExhaustedError("64 KiB"))),
            Kind::kTooLarge);
  EXPECT_EQ(KindIn(Read(absl::PermissionDeniedError("private address"))),
            Kind::kUnreachable);
}

TEST(ReadAnswer, AnErrorNeverQuotesTheAnswer) {
  const Answer answer = Read(Json(R"({"active":"secret-text"})"));
  EXPECT_THAT(std::get<EndpointError>(answer).message,
              Not(HasSubstr("secret-text")));
}

}  // namespace
}  // namespace usher::introspect
