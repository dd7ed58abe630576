#include "server/rpc/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/rpc/service_fixture.h"
#include "usher/reason.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;

TEST(Wire, HasEveryReasonUnderItsNameAndNumber) {
  const auto* descriptor = v1::Reason_descriptor();
  // One more on the wire: REASON_UNSPECIFIED.
  EXPECT_EQ(static_cast<size_t>(descriptor->value_count()),
            Reasons().size() + 1);
  for (const ReasonInfo& row : Reasons()) {
    const auto* value = descriptor->FindValueByName(std::string(row.name));
    ASSERT_NE(value, nullptr) << row.name;
    EXPECT_EQ(value->number(), static_cast<int>(row.reason)) << row.name;
    EXPECT_EQ(v1::Reason_Name(ToWire(row.reason)), row.name);
  }
}

TEST(Wire, SendsEveryReasonAsDeniedOrUndecided) {
  for (const ReasonInfo& row : Reasons()) {
    v1::VerifyResponse response;
    ToWire(verify::Verdict(base::Refusal{row.reason, "prose", "exp"}),
           response);
    if (row.undecided) {
      ASSERT_TRUE(response.has_undecided()) << row.name;
      EXPECT_EQ(v1::Reason_Name(response.undecided().reason()), row.name);
      EXPECT_GT(response.undecided().retry_after().seconds(), 0) << row.name;
    } else {
      ASSERT_TRUE(response.has_denial()) << row.name;
      EXPECT_EQ(v1::Reason_Name(response.denial().reason()), row.name);
      EXPECT_EQ(response.denial().message(), "prose");
      EXPECT_EQ(response.denial().claim(), "exp");
    }
  }
}

TEST(Wire, LeavesTheClaimOutWhereThereIsNone) {
  v1::Denial denial;
  ToWire(base::Refusal{Reason::kSignatureInvalid, "prose"}, denial);
  EXPECT_FALSE(denial.has_claim());
}

TEST(Wire, IntrospectsEveryReasonAsInactiveAndNothingElse) {
  for (const ReasonInfo& row : Reasons()) {
    v1::IntrospectResponse response;
    ToWire(verify::Verdict(base::Refusal{row.reason, "prose", "exp"}),
           response);
    EXPECT_EQ(response.ByteSizeLong(), 0u) << row.name;
  }
}

TEST(Wire, EndsACallWithTheTablesCodeAndErrorInfo) {
  for (const ReasonInfo& row : Reasons()) {
    const grpc::Status status = ToStatus(base::Refusal{row.reason, "prose"});
    EXPECT_EQ(static_cast<int>(status.error_code()),
              static_cast<int>(row.code));
    EXPECT_EQ(ReasonOf(status), row.name);
    EXPECT_EQ(status.error_message(), std::string(row.name) + ": prose");
    google::rpc::Status details;
    ASSERT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
    EXPECT_EQ(details.message(), status.error_message());
  }
}

TEST(Wire, SendsRetryInfoOnlyWithUndecided) {
  for (const ReasonInfo& row : Reasons()) {
    const grpc::Status status = ToStatus(
        base::Refusal{row.reason, "prose", "", absl::Milliseconds(2500)});
    const auto retry = DetailOf<google::rpc::RetryInfo>(status);
    ASSERT_EQ(retry.has_value(), row.undecided) << row.name;
    if (!retry) continue;
    EXPECT_EQ(retry->retry_delay().seconds(), 2);
    EXPECT_EQ(retry->retry_delay().nanos(), 500'000'000);
  }
}

TEST(Wire, NamesFieldsInABadRequest) {
  const grpc::Status status = ToStatus(
      FieldViolations{{"token", "must not be empty"}, {"kind", "bad"}});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "token: must not be empty (and 1 more)");
  EXPECT_THAT(FieldsOf(status), ElementsAre("token", "kind"));
}

TEST(Wire, LimitsTheNumberOfFieldViolations) {
  const FieldViolations violations(5000,
                                   {"requests[0].audiences[0]", "too long"});
  const grpc::Status status = ToStatus(violations);
  // Clients take 8 KiB of metadata, and this goes there in base64.
  EXPECT_LT(status.error_details().size(), 4096u);
}

TEST(Wire, TurnsARequestIntoRequirements) {
  v1::VerifyRequest request;
  request.set_token("t");
  request.add_audiences("orders");
  request.add_scopes("read");
  request.set_scope_match(v1::ANY);
  request.set_kind(v1::ID_TOKEN);
  request.set_issuer("https://issuer.test");
  const verify::Requirements wanted = ToRequirements(request, nullptr);
  EXPECT_THAT(wanted.audiences, ElementsAre("orders"));
  EXPECT_THAT(wanted.scopes, ElementsAre("read"));
  EXPECT_EQ(wanted.scope_match, ScopeMatch::kAny);
  EXPECT_EQ(wanted.kind, TokenKind::kIdToken);
  EXPECT_EQ(wanted.issuer, "https://issuer.test");
  EXPECT_EQ(wanted.caller_audiences, std::nullopt);
}

TEST(Wire, ReadsUnspecifiedAsAllScopesAndAnAccessToken) {
  const verify::Requirements wanted =
      ToRequirements(v1::VerifyRequest(), nullptr);
  EXPECT_EQ(wanted.scope_match, ScopeMatch::kAll);
  EXPECT_EQ(wanted.kind, TokenKind::kAccessToken);
  EXPECT_EQ(wanted.issuer, std::nullopt);
}

TEST(Wire, AddsTheAudiencesOfTheClientService) {
  const ClientService client_service{"orders", {"orders", "billing"}};
  EXPECT_EQ(
      ToRequirements(v1::VerifyRequest(), &client_service).caller_audiences,
      client_service.audiences);
  EXPECT_EQ(
      ToRequirements(v1::IntrospectRequest(), &client_service).caller_audiences,
      client_service.audiences);
}

TEST(Wire, KeepsFractionsOfTimesBeforeAndAfter1970) {
  google::protobuf::Timestamp out;
  ToWire(absl::FromUnixMillis(1500), out);
  EXPECT_EQ(out.seconds(), 1);
  EXPECT_EQ(out.nanos(), 500'000'000);
  ToWire(absl::FromUnixMillis(-1500), out);
  EXPECT_EQ(out.seconds(), -2);
  EXPECT_EQ(out.nanos(), 500'000'000);
}

TEST(Wire, NamesEveryOutcomeOfACheck) {
  using Outcome = verify::Check::Outcome;
  for (const auto& [from, to] :
       {std::pair(Outcome::kPassed, v1::Check::PASSED),
        std::pair(Outcome::kFailed, v1::Check::FAILED),
        std::pair(Outcome::kNotReached, v1::Check::NOT_REACHED),
        std::pair(Outcome::kUndecided, v1::Check::UNDECIDED)}) {
    v1::Check out;
    ToWire(verify::Check{"signature", from, "detail", {}}, out);
    EXPECT_EQ(out.outcome(), to);
    EXPECT_EQ(out.name(), "signature");
    EXPECT_FALSE(out.has_reason());
  }
}

}  // namespace
}  // namespace usher::server
