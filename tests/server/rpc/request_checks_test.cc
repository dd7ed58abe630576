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

std::vector<std::string> Fields(const FieldFaults& faults) {
  std::vector<std::string> fields;
  for (const FieldFault& fault : faults) fields.push_back(fault.field);
  return fields;
}

TEST(Limits, TakeAPlainRequest) { EXPECT_THAT(FaultsIn(Good()), IsEmpty()); }

TEST(Limits, TakeEveryFieldAtItsBound) {
  v1::VerifyRequest request = Good();
  for (size_t i = 0; i < kMaxAudiences; ++i) {
    request.add_audiences(std::string(kMaxAudienceBytes, 'a'));
  }
  for (size_t i = 0; i < kMaxScopes; ++i) {
    request.add_scopes(std::string(kMaxScopeBytes, 's'));
  }
  request.set_issuer(std::string(kMaxIssuerBytes, 'i'));
  EXPECT_THAT(FaultsIn(request), IsEmpty());
}

TEST(Limits, RefuseAnEmptyToken) {
  EXPECT_THAT(Fields(FaultsIn(v1::VerifyRequest())), ElementsAre("token"));
  EXPECT_THAT(Fields(FaultsIn(v1::IntrospectRequest())), ElementsAre("token"));
}

TEST(Limits, LeaveALongTokenToTheVerifier) {
  v1::VerifyRequest request;
  request.set_token(std::string(7 << 20, 'a'));
  EXPECT_THAT(FaultsIn(request), IsEmpty());
}

TEST(Limits, RefuseTooManyAudiences) {
  v1::VerifyRequest request = Good();
  for (size_t i = 0; i <= kMaxAudiences; ++i) request.add_audiences("a");
  EXPECT_THAT(
      FaultsIn(request),
      ElementsAre(FieldFault{"audiences", "must be at most 32, not 33"}));
}

TEST(Limits, NameTheAudienceThatIsTooLongOrEmpty) {
  v1::VerifyRequest request = Good();
  request.add_audiences("orders");
  request.add_audiences(std::string(kMaxAudienceBytes + 1, 'a'));
  request.add_audiences("");
  EXPECT_THAT(Fields(FaultsIn(request)),
              ElementsAre("audiences[1]", "audiences[2]"));
}

TEST(Limits, RefuseTooManyAndTooLongScopes) {
  v1::VerifyRequest many = Good();
  for (size_t i = 0; i <= kMaxScopes; ++i) many.add_scopes("read");
  EXPECT_THAT(Fields(FaultsIn(many)), ElementsAre("scopes"));

  v1::VerifyRequest longer = Good();
  longer.add_scopes(std::string(kMaxScopeBytes + 1, 's'));
  EXPECT_THAT(Fields(FaultsIn(longer)), ElementsAre("scopes[0]"));
}

TEST(Limits, RefuseTwoScopesInOneElement) {
  v1::VerifyRequest request = Good();
  request.add_scopes("read write");
  EXPECT_THAT(Fields(FaultsIn(request)), ElementsAre("scopes[0]"));
}

TEST(Limits, RefuseUnknownEnumValues) {
  v1::VerifyRequest request = Good();
  request.set_kind(static_cast<v1::TokenKind>(7));
  request.set_scope_match(static_cast<v1::ScopeMatch>(-1));
  EXPECT_THAT(Fields(FaultsIn(request)), ElementsAre("kind", "scope_match"));
}

TEST(Limits, RefuseAnEmptyAndALongIssuer) {
  v1::VerifyRequest request = Good();
  request.set_issuer("");
  EXPECT_THAT(Fields(FaultsIn(request)), ElementsAre("issuer"));
  request.set_issuer(std::string(kMaxIssuerBytes + 1, 'i'));
  EXPECT_THAT(Fields(FaultsIn(request)), ElementsAre("issuer"));
}

TEST(Limits, TellEveryFaultAtOnceAndQuoteNoValue) {
  v1::VerifyRequest request;
  request.add_scopes("SECRET value");
  request.set_issuer("");
  const FieldFaults faults = FaultsIn(request);
  EXPECT_THAT(Fields(faults), ElementsAre("token", "scopes[0]", "issuer"));
  for (const FieldFault& fault : faults) {
    EXPECT_THAT(fault.description, ::testing::Not(HasSubstr("SECRET")));
  }
}

TEST(Limits, TakeAnEmptyBatchAndAFullOne) {
  v1::BatchVerifyRequest batch;
  EXPECT_THAT(FaultsIn(batch), IsEmpty());
  for (int i = 0; i < kMaxBatch; ++i) *batch.add_requests() = Good();
  EXPECT_THAT(FaultsIn(batch), IsEmpty());
}

TEST(Limits, RefuseABatchOfTooMany) {
  v1::BatchVerifyRequest batch;
  for (int i = 0; i <= kMaxBatch; ++i) *batch.add_requests() = Good();
  EXPECT_THAT(Fields(FaultsIn(batch)), ElementsAre("requests"));
}

TEST(Limits, RefuseABatchOfTooManyBytes) {
  v1::BatchVerifyRequest batch;
  batch.add_requests()->set_token(std::string(kMaxBatchBytes, 'a'));
  EXPECT_THAT(Fields(FaultsIn(batch)), ElementsAre("requests"));
}

TEST(Limits, LeadFaultsInABatchByTheirPath) {
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Good();
  batch.add_requests()->add_audiences("");
  EXPECT_THAT(Fields(FaultsIn(batch)),
              ElementsAre("requests[1].token", "requests[1].audiences[0]"));
}

}  // namespace
}  // namespace usher::server
