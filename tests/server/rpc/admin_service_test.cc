#include "server/rpc/admin_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;

TEST(AdminService, ExplainsWhyATokenIsRefused) {
  ServiceFixture service;
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

TEST(AdminService, NamesTheFieldOfABadRequest) {
  ServiceFixture service;
  v1::ExplainResponse response;
  grpc::ClientContext context;
  const grpc::Status status = service.admin->Explain(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("request.token"));
}

TEST(AdminService, ListsIssuersWithTheirKeys) {
  ServiceFixture service;
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

TEST(AdminService, RefreshesTheNamedIssuers) {
  ServiceFixture service;
  v1::RefreshKeysRequest request;
  request.add_issuer_names("corp");
  v1::RefreshKeysResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(service.admin->RefreshKeys(&context, request, &response).ok());
  ASSERT_EQ(response.issuers_size(), 1);
  EXPECT_EQ(response.issuers(0).name(), "corp");
  EXPECT_EQ(response.issuers(0).keys_size(), 1);
}

TEST(AdminService, RefreshesNothingUnlessTheRequestNamesIssuers) {
  ServiceFixture service;
  v1::RefreshKeysResponse response;
  v1::RefreshKeysRequest both;
  both.add_issuer_names("corp");
  both.set_all_issuers(true);
  for (const v1::RefreshKeysRequest& request :
       {v1::RefreshKeysRequest(), both}) {
    grpc::ClientContext context;
    const grpc::Status status =
        service.admin->RefreshKeys(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(FieldsOf(status), ElementsAre("issuer_names"));
  }
}

TEST(AdminService, NamesTheUnknownIssuerOfARefresh) {
  ServiceFixture service;
  v1::RefreshKeysRequest request;
  request.add_issuer_names("corp");
  request.add_issuer_names("cork");
  v1::RefreshKeysResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      service.admin->RefreshKeys(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("issuer_names[1]"));
}

}  // namespace
}  // namespace usher::server
