#include "server/rpc/revocation_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/rpc/time.h"
#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::RevokeRequest Subject(const std::string& subject) {
  v1::RevokeRequest request;
  request.mutable_target()->set_issuer_name("corp");
  request.mutable_target()->set_subject(subject);
  request.set_reason("test");
  return request;
}

class RevocationRpcs : public ::testing::Test {
 protected:
  grpc::Status Revoke(const v1::RevokeRequest& request) {
    grpc::ClientContext context;
    return service.admin->Revoke(&context, request, &revoked);
  }
  grpc::Status Unrevoke(const v1::UnrevokeRequest& request) {
    grpc::ClientContext context;
    v1::UnrevokeResponse response;
    return service.admin->Unrevoke(&context, request, &response);
  }
  v1::Reason ReasonOf(const std::string& token) {
    v1::VerifyResponse response;
    EXPECT_TRUE(service.Verify(Asking(token), response).ok());
    return response.denial().reason();
  }

  ServiceFixture service{{.revocations = true}};
  v1::RevokeResponse revoked;
};

TEST_F(RevocationRpcs, RevokeAndLift) {
  const std::string token = service.issuer.Mint({.claims = R"({"sub":"ada"})"});
  EXPECT_EQ(ReasonOf(token), v1::REASON_UNSPECIFIED);
  ASSERT_TRUE(Revoke(Subject("ada")).ok());
  const v1::Revocation& revocation = revoked.revocation();
  EXPECT_EQ(revocation.target().subject(), "ada");
  EXPECT_EQ(revocation.reason(), "test");
  const absl::Time now = service.clock.Now();
  EXPECT_EQ(rpc::FromWire(revocation.not_issued_after()), now);
  EXPECT_EQ(rpc::FromWire(revocation.revoked_at()), now);
  EXPECT_EQ(rpc::FromWire(revocation.expires_at()), now + absl::Hours(25));
  EXPECT_EQ(ReasonOf(token), v1::TOKEN_REVOKED);
  v1::UnrevokeRequest lift;
  *lift.mutable_target() = revocation.target();
  lift.set_reason("test");
  EXPECT_TRUE(Unrevoke(lift).ok());
  EXPECT_EQ(ReasonOf(token), v1::REASON_UNSPECIFIED);
  EXPECT_EQ(Unrevoke(lift).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(RevocationRpcs, HaveNoTimeForATokenAndASession) {
  v1::RevokeRequest request;
  request.mutable_target()->set_issuer_name("corp");
  request.mutable_target()->set_token_id("t1");
  request.set_reason("test");
  ASSERT_TRUE(Revoke(request).ok());
  EXPECT_FALSE(revoked.revocation().has_not_issued_after());
  rpc::ToWire(service.clock.Now(), *request.mutable_not_issued_after());
  EXPECT_THAT(FieldsOf(Revoke(request)), ElementsAre("not_issued_after"));
}

TEST_F(RevocationRpcs, NameEveryWrongField) {
  v1::RevokeRequest request = Subject("");
  request.mutable_target()->set_issuer_name("cork");
  request.clear_reason();
  EXPECT_THAT(FieldsOf(Revoke(request)),
              ElementsAre("target.issuer_name", "target.subject", "reason"));
  EXPECT_THAT(FieldsOf(Revoke({})),
              ElementsAre("target.issuer_name", "target", "reason"));
  request = Subject(std::string(kMaxRevokedBytes + 1, 'x'));
  request.mutable_target()->set_tenant("acme");
  request.set_reason(std::string(kMaxReasonBytes + 1, 'x'));
  rpc::ToWire(service.clock.Now() + absl::Seconds(1),
              *request.mutable_not_issued_after());
  EXPECT_THAT(FieldsOf(Revoke(request)),
              ElementsAre("target.subject", "target.tenant", "reason",
                          "not_issued_after"));
  EXPECT_THAT(FieldsOf(Unrevoke({})),
              ElementsAre("target.issuer_name", "target", "reason"));
}

TEST_F(RevocationRpcs, ListInPages) {
  for (const char* subject : {"a", "b", "c"}) {
    ASSERT_TRUE(Revoke(Subject(subject)).ok());
  }
  v1::ListRevocationsRequest request;
  request.set_page_size(2);
  v1::ListRevocationsResponse page;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(service.admin->ListRevocations(&context, request, &page).ok());
  }
  EXPECT_EQ(page.revocations_size(), 2);
  EXPECT_EQ(page.total(), 3u);
  EXPECT_EQ(page.revocations(0).target().subject(), "c");
  request.set_page_token(page.next_page_token());
  {
    grpc::ClientContext context;
    ASSERT_TRUE(service.admin->ListRevocations(&context, request, &page).ok());
  }
  ASSERT_EQ(page.revocations_size(), 1);
  EXPECT_EQ(page.revocations(0).target().subject(), "a");
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(RevocationRpcs, RefuseAWrongPage) {
  v1::ListRevocationsRequest request;
  request.set_page_size(kMaxRevocationPage + 1);
  request.set_page_token("12x");
  grpc::ClientContext context;
  v1::ListRevocationsResponse page;
  EXPECT_THAT(
      FieldsOf(service.admin->ListRevocations(&context, request, &page)),
      ElementsAre("page_size", "page_token"));
}

TEST(RevocationRpcsWithoutAStore, SayWhatToConfigure) {
  ServiceFixture service;
  grpc::ClientContext context;
  v1::RevokeResponse response;
  const grpc::Status status =
      service.admin->Revoke(&context, Subject("ada"), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("revocation: {file: PATH}"));
}

}  // namespace
}  // namespace usher::server
