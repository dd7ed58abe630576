#include "lib/introspect/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/introspect/observer.h"

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

Answer Read(const absl::StatusOr<http::Response>& response) {
  return ReadAnswer(response, {.issuers = kIssuers});
}

const token::Claims* ClaimsIn(const Answer& answer) {
  const auto* claims =
      std::get_if<std::shared_ptr<const token::Claims>>(&answer);
  return claims ? claims->get() : nullptr;
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
  EXPECT_EQ(ResultLabel(answer), "active");
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
  EXPECT_EQ(ResultLabel(answer), "inactive");
}

TEST(ReadAnswer, ClaimsBesideActiveFalseMakeNoDifference) {
  EXPECT_EQ(ReasonIn(Read(Json(R"({"active":false,"sub":"a","exp":"x"})"))),
            Reason::kTokenInactive);
}

TEST(ReadAnswer, AnAnswerOfAnotherIssuerIsDenied) {
  const Answer answer =
      Read(Json(R"({"active":true,"iss":"https://evil.example.com"})"));
  EXPECT_EQ(ReasonIn(answer), Reason::kIssuerUnknown);
  EXPECT_EQ(ResultLabel(answer), "invalid");
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
  EXPECT_EQ(ResultLabel(answer), LabelOf(GetParam().kind));
}

constexpr char kJson[] = "application/json";
INSTANTIATE_TEST_SUITE_P(
    ReadAnswer, Unusable,
    ::testing::Values(
        Case{401, kJson, Kind::kCredentialsRefused, "client_id"},
        Case{403, kJson, Kind::kCredentialsRefused, "allowed to introspect"},
        Case{302, kJson, Kind::kRedirect, "introspection.endpoint"},
        Case{307, kJson, Kind::kRedirect, "introspection.endpoint"},
        Case{201, kJson, Kind::kStatus, "201"},
        Case{400, kJson, Kind::kStatus, "400"},
        Case{404, kJson, Kind::kStatus, "404"},
        Case{503, kJson, Kind::kStatus, "503"},
        Case{200, "text/html", Kind::kContentType, "application/json"},
        Case{200, "", Kind::kContentType, "application/json"},
        Case{200, "application/jsonp", Kind::kContentType,
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

TEST(EndpointErrors, EveryKindHasARowInTheTable) {
  for (const EndpointErrorInfo& row : EndpointErrors()) {
    EXPECT_EQ(LabelOf(row.kind), row.label);
  }
}

}  // namespace
}  // namespace usher::introspect
