#include "server/admin_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/harness.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;

TEST(AdminService, ExplainsWhyATokenIsRefused) {
  Harness service;
  v1::ExplainRequest request;
  request.mutable_request()->set_token(
      service.issuer.Mint({.claims = R"({"aud":"other"})"}));
  v1::ExplainResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(service.admin->Explain(&context, request, &response).ok());
  EXPECT_EQ(response.response().denial().reason(), v1::AUDIENCE_MISMATCH);
  int failed = 0;
  bool signature_held = false;
  for (const v1::Check& check : response.checks()) {
    if (check.outcome() == v1::Check::FAILED) ++failed;
    if (check.name() == "signature") {
      signature_held = check.outcome() == v1::Check::PASSED;
    }
  }
  EXPECT_EQ(failed, 1);
  EXPECT_TRUE(signature_held);
}

TEST(AdminService, NamesTheFieldOfABadQuestion) {
  Harness service;
  v1::ExplainResponse response;
  grpc::ClientContext context;
  const grpc::Status status = service.admin->Explain(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("request.token"));
}

TEST(AdminService, ListsIssuersWithTheirKeys) {
  Harness service;
  v1::ListIssuersResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(service.admin->ListIssuers(&context, {}, &response).ok());
  ASSERT_EQ(response.issuers_size(), 1);
  const v1::IssuerStatus& issuer = response.issuers(0);
  EXPECT_EQ(issuer.name(), "corp");
  EXPECT_EQ(issuer.issuer(), service.issuer.issuer());
  EXPECT_THAT(issuer.audiences(), ElementsAre("orders"));
  EXPECT_EQ(issuer.keys_from(), "inline");
  EXPECT_TRUE(issuer.ready());
  EXPECT_FALSE(issuer.stale());
  ASSERT_EQ(issuer.keys_size(), 1);
  EXPECT_EQ(issuer.keys(0).key_id(), "key-1");
  EXPECT_EQ(issuer.keys(0).type(), "EC");
  EXPECT_EQ(issuer.keys(0).bits(), 256u);
  EXPECT_EQ(issuer.keys(0).thumbprint().size(), 43u);
  EXPECT_THAT(issuer.keys(0).algorithms(), ElementsAre("ES256"));
}

}  // namespace
}  // namespace usher::server
