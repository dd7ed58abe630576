// Against the messages under their real names.
#include "lib/rpc/status_details.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace usher::rpc {
namespace {

TEST(StatusDetails, AreWhatGoogleRpcReads) {
  const grpc::Status status =
      WithDetails(grpc::StatusCode::UNAVAILABLE, "later",
                  {.error_info = ErrorInfo{.reason = "KEYS_UNAVAILABLE",
                                           .metadata = {{"scope", "a b"}}},
                   .retry_delay = absl::Milliseconds(1'500),
                   .field_violations = {{"token", "must not be empty"}}});
  google::rpc::Status read;
  ASSERT_TRUE(read.ParseFromString(status.error_details()));
  EXPECT_EQ(read.code(), 14);
  EXPECT_EQ(read.message(), "later");
  ASSERT_EQ(read.details_size(), 3);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(read.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "KEYS_UNAVAILABLE");
  EXPECT_EQ(info.domain(), "usher.dev");
  EXPECT_EQ(info.metadata().at("scope"), "a b");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(read.details(1).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(read.details(2).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "token");
  EXPECT_EQ(bad.field_violations(0).description(), "must not be empty");
}

TEST(StatusDetails, AreReadAsGoogleRpcWritesThem) {
  google::rpc::Status written;
  google::rpc::ErrorInfo info;
  info.set_reason("TOKEN_EXPIRED");
  info.set_domain("usher.dev");
  ASSERT_TRUE(written.add_details()->PackFrom(info));
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(-1);
  ASSERT_TRUE(written.add_details()->PackFrom(retry));
  google::rpc::BadRequest bad;
  auto& violation = *bad.add_field_violations();
  violation.set_field("audiences[0]");
  violation.set_description("must not be empty");
  ASSERT_TRUE(written.add_details()->PackFrom(bad));

  const StatusDetails details = DetailsOf(grpc::Status(
      grpc::StatusCode::UNAVAILABLE, "", written.SerializeAsString()));
  EXPECT_TRUE(details.from_usher());
  EXPECT_EQ(details.reason(), Reason::kTokenExpired);
  EXPECT_EQ(details.retry_delay, absl::ZeroDuration());
  EXPECT_EQ(
      details.field_violations,
      (std::vector<FieldViolation>{{"audiences[0]", "must not be empty"}}));
}

TEST(StatusDetails, OfAnotherDomainHaveNoReasonOfUsher) {
  const StatusDetails details = DetailsOf(WithDetails(
      grpc::StatusCode::UNAVAILABLE, "",
      {.error_info =
           ErrorInfo{.reason = "TOKEN_EXPIRED", .domain = "example.com"}}));
  EXPECT_FALSE(details.from_usher());
  EXPECT_EQ(details.reason(), std::nullopt);
}

TEST(StatusDetails, ThatCannotBeParsedAreLeftOut) {
  for (const char* bytes : {"", "\xff\xff\xff", "junk"}) {
    const StatusDetails details =
        DetailsOf(grpc::Status(grpc::StatusCode::UNAVAILABLE, "", bytes));
    EXPECT_FALSE(details.error_info.has_value());
    EXPECT_FALSE(details.retry_delay.has_value());
    EXPECT_TRUE(details.field_violations.empty());
  }
}

}  // namespace
}  // namespace usher::rpc
