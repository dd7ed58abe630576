#include "server/rpc/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Batch, AnswersInTheOrderOfTheTokens) {
  ServiceFixture service;
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  *batch.add_requests() = Asking("eyJ.garbage");
  *batch.add_requests() = Asking(
      service.issuer.Mint({.claims = R"({"sub":"bob","scope":"read"})"}));
  *batch.add_requests() = batch.requests(2);
  batch.mutable_requests(3)->add_scopes("write");
  v1::BatchVerifyResponse response;
  const grpc::Status status = service.BatchVerify(batch, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 4);
  EXPECT_EQ(response.results(0).verified().subject(), "alice");
  EXPECT_EQ(response.results(1).denial().reason(), v1::TOKEN_MALFORMED);
  EXPECT_EQ(response.results(2).verified().subject(), "bob");
  EXPECT_EQ(response.results(3).denial().reason(), v1::SCOPE_INSUFFICIENT);
}

TEST(Batch, AnswersAnEmptyRequestWithNoResults) {
  ServiceFixture service;
  v1::BatchVerifyResponse response;
  EXPECT_TRUE(service.BatchVerify({}, response).ok());
  EXPECT_THAT(response.results(), IsEmpty());
}

TEST(Batch, EndsOkWithUndecidedTokens) {
  ServiceFixture service({.keys_inline = false});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  *batch.add_requests() = Asking("eyJ.garbage");
  *batch.add_requests() = Asking(service.issuer.Mint());
  auto waiting = std::async(std::launch::async, [&] {
    v1::BatchVerifyResponse response;
    EXPECT_TRUE(service.BatchVerify(batch, response).ok());
    return response;
  });
  while (waiting.wait_for(std::chrono::seconds(0)) !=
         std::future_status::ready) {
    service.scheduler.Advance(absl::Milliseconds(100));
  }
  const v1::BatchVerifyResponse response = waiting.get();
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_EQ(response.results(0).undecided().reason(), v1::KEYS_UNAVAILABLE);
  EXPECT_EQ(response.results(1).denial().reason(), v1::TOKEN_MALFORMED);
  EXPECT_EQ(response.results(2).undecided().reason(), v1::KEYS_UNAVAILABLE);
}

TEST(Batch, AnswersOverloadedForTokensThatMayNotWait) {
  ServiceFixture service({.keys_inline = false, .permits = 0});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  *batch.add_requests() = Asking("eyJ.garbage");
  v1::BatchVerifyResponse response;
  ASSERT_TRUE(service.BatchVerify(batch, response).ok());
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).undecided().reason(), v1::OVERLOADED);
  EXPECT_GT(response.results(0).undecided().retry_after().seconds(), 0);
  EXPECT_EQ(response.results(1).denial().reason(), v1::TOKEN_MALFORMED);
}

TEST(Batch, OneTokenCannotMakeTheOthersFail) {
  ServiceFixture service({.audiences = {"orders", "billing"}});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  *batch.add_requests() = Asking(service.issuer.Mint());
  batch.mutable_requests(1)->add_audiences("orders");
  v1::BatchVerifyResponse response;
  ASSERT_TRUE(service.BatchVerify(batch, response).ok());
  EXPECT_EQ(response.results(0).denial().reason(), v1::AUDIENCE_MISMATCH);
  EXPECT_TRUE(response.results(1).has_verified());
}

TEST(Batch, AnInvalidRequestIsRefused) {
  ServiceFixture service;
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  *batch.add_requests() = Asking("");
  v1::BatchVerifyResponse response;
  const grpc::Status status = service.BatchVerify(batch, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(FieldsOf(status), ElementsAre("requests[1].token"));
}

TEST(Batch, IsRefusedWhenTooManyBatchesRun) {
  ServiceFixture service({.batch_permits = 0});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  v1::BatchVerifyResponse response;
  const grpc::Status status = service.BatchVerify(batch, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
}

TEST(Batch, ReturnsItsPermitWhenItsAnswerWasSent) {
  ServiceFixture service({.batch_permits = 1});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking(service.issuer.Mint());
  for (int i = 0; i < 3; ++i) {
    v1::BatchVerifyResponse response;
    const grpc::Status status = service.BatchVerify(batch, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    while (service.batch_limit.in_use() > 0) std::this_thread::yield();
  }
}

TEST(Batch, ReturnsItsPermitWhenItIsRefused) {
  ServiceFixture service({.batch_permits = 1});
  v1::BatchVerifyRequest batch;
  *batch.add_requests() = Asking("");
  v1::BatchVerifyResponse response;
  EXPECT_EQ(service.BatchVerify(batch, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  while (service.batch_limit.in_use() > 0) std::this_thread::yield();
}

TEST(Batch, OfTooManyOrTooManyBytesIsRefused) {
  ServiceFixture service;
  v1::BatchVerifyRequest many, large;
  for (int i = 0; i <= kMaxBatch; ++i) *many.add_requests() = Asking("x");
  *large.add_requests() = Asking(std::string(kMaxBatchBytes, 'x'));
  for (const v1::BatchVerifyRequest& batch : {many, large}) {
    v1::BatchVerifyResponse response;
    const grpc::Status status = service.BatchVerify(batch, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(FieldsOf(status), ElementsAre("requests"));
  }
}

}  // namespace
}  // namespace usher::server
