#include "server/rpc/request_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::VerifyRequest Good() {
  v1::VerifyRequest request;
  request.set_token("a.b.c");
  return request;
}

std::vector<std::string> Fields(const FieldViolations& violations) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) {
    fields.push_back(violation.field);
  };
  return fields;
}

TEST(RequestChecks, AcceptAPlainRequest) {
  EXPECT_THAT(CheckFields(Good()), IsEmpty());
}

TEST(RequestChecks, AcceptEveryFieldAtItsBound) {
  v1::VerifyRequest request = Good();
  for (size_t i = 0; i < kMaxAudiences; ++i) {
    request.add_audiences(std::string(kMaxAudienceBytes, 'a'));
  }
  for (size_t i = 0; i < kMaxScopes; ++i) {
    request.add_scopes(std::string(kMaxScopeBytes, 's'));
  }
  request.set_issuer(std::string(kMaxIssuerBytes, 'i'));
  EXPECT_THAT(CheckFields(request), IsEmpty());
}

TEST(RequestChecks, RefuseAnEmptyToken) {
  EXPECT_THAT(Fields(CheckFields(v1::VerifyRequest())), ElementsAre("token"));
  EXPECT_THAT(Fields(CheckFields(v1::IntrospectRequest())),
              ElementsAre("token"));
}

TEST(RequestChecks, LeaveALongTokenToTheVerifier) {
  v1::VerifyRequest request;
  request.set_token(std::string(7 << 20, 'a'));
  EXPECT_THAT(CheckFields(request), IsEmpty());
}

TEST(RequestChecks, RefuseTooManyAudiences) {
  v1::VerifyRequest request = Good();
  for (size_t i = 0; i <= kMaxAudiences; ++i) request.add_audiences("a");
  EXPECT_THAT(
      CheckFields(request),
      ElementsAre(FieldViolation{"audiences", "must be at most 32, not 33"}));
}

TEST(RequestChecks, NameTheAudienceThatIsTooLongOrEmpty) {
  v1::VerifyRequest request = Good();
  request.add_audiences("orders");
  request.add_audiences(std::string(kMaxAudienceBytes + 1, 'a'));
  request.add_audiences("");
  EXPECT_THAT(Fields(CheckFields(request)),
              ElementsAre("audiences[1]", "audiences[2]"));
}

TEST(RequestChecks, RefuseTooManyAndTooLongScopes) {
  v1::VerifyRequest many = Good();
  for (size_t i = 0; i <= kMaxScopes; ++i) many.add_scopes("read");
  EXPECT_THAT(Fields(CheckFields(many)), ElementsAre("scopes"));

  v1::VerifyRequest longer = Good();
  longer.add_scopes(std::string(kMaxScopeBytes + 1, 's'));
  EXPECT_THAT(Fields(CheckFields(longer)), ElementsAre("scopes[0]"));
}

TEST(RequestChecks, RefuseTwoScopesInOneElement) {
  v1::VerifyRequest request = Good();
  request.add_scopes("read write");
  EXPECT_THAT(Fields(CheckFields(request)), ElementsAre("scopes[0]"));
}

TEST(RequestChecks, RefuseUnknownEnumValues) {
  v1::VerifyRequest request = Good();
  request.set_kind(static_cast<v1::TokenKind>(7));
  request.set_scope_match(static_cast<v1::ScopeMatch>(-1));
  EXPECT_THAT(Fields(CheckFields(request)), ElementsAre("kind", "scope_match"));
}

TEST(RequestChecks, RefuseAnEmptyOrLongIssuer) {
  v1::VerifyRequest request = Good();
  request.set_issuer("");
  EXPECT_THAT(Fields(CheckFields(request)), ElementsAre("issuer"));
  request.set_issuer(std::string(kMaxIssuerBytes + 1, 'i'));
  EXPECT_THAT(Fields(CheckFields(request)), ElementsAre("issuer"));
}

TEST(RequestChecks, ReportEveryErrorAtOnceAndQuoteNoValue) {
  v1::VerifyRequest request;
  request.add_scopes("SECRET value");
  request.set_issuer("");
  const FieldViolations violations = CheckFields(request);
  EXPECT_THAT(Fields(violations), ElementsAre("token", "scopes[0]", "issuer"));
  for (const FieldViolation& violation : violations) {
    EXPECT_THAT(violation.description, ::testing::Not(HasSubstr("SECRET")));
  }
}

TEST(RequestChecks, AcceptAnEmptyBatchAndAFullOne) {
  v1::BatchVerifyRequest batch;
  EXPECT_THAT(CheckFields(batch), IsEmpty());
  for (int i = 0; i < kMaxBatch; ++i) *batch.add_requests() = Good();
  EXPECT_THAT(CheckFields(batch), IsEmpty());
}

TEST(RequestChecks, ReportErrorsInABatchWithTheirPath) {
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Good();
  batch.add_requests()->add_audiences("");
  EXPECT_THAT(Fields(CheckFields(batch)),
              ElementsAre("requests[1].token", "requests[1].audiences[0]"));
}

}  // namespace
}  // namespace usher::server
