#include "client/core/retry.h"

#include <gtest/gtest.h>

#include "tests/client/core/scripted_server.h"

namespace usher::client {
namespace {

constexpr Attempt kFirst = {.number = 1,
                            .max_attempts = 2,
                            .time_left = absl::Seconds(1),
                            .jitter = 0.5};
const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "gone");
const grpc::Status kExhausted(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy");

TEST(Retry, IsOnlyForUndecidedRequests) {
  EXPECT_TRUE(RetryDelay(kUnavailable, kFirst).has_value());
  EXPECT_TRUE(RetryDelay(kExhausted, kFirst).has_value());
  for (int code = 1; code <= 16; ++code) {
    if (code == grpc::StatusCode::UNAVAILABLE ||
        code == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      continue;
    }
    const grpc::Status status(static_cast<grpc::StatusCode>(code), "");
    EXPECT_FALSE(RetryDelay(status, kFirst).has_value()) << code;
  }
}

TEST(Retry, EndsAfterTheLastAttempt) {
  Attempt second = kFirst;
  second.number = 2;
  EXPECT_FALSE(RetryDelay(kUnavailable, second).has_value());
}

TEST(Retry, WaitsLongerForAnOverloadedServer) {
  EXPECT_GT(*RetryDelay(kExhausted, kFirst), *RetryDelay(kUnavailable, kFirst));
}

TEST(Retry, SpreadsClientsThatFailedTogether) {
  Attempt low = kFirst;
  low.jitter = 0;
  Attempt high = kFirst;
  high.jitter = 0.999;
  EXPECT_LT(*RetryDelay(kUnavailable, low), *RetryDelay(kUnavailable, high));
}

TEST(Retry, WaitsAtLeastAsLongAsTheServerSays) {
  const grpc::Status status = testing::UndecidedStatus(
      grpc::StatusCode::UNAVAILABLE, Reason::kKeysUnavailable,
      absl::Milliseconds(300));
  for (double jitter : {0.0, 0.5, 0.999}) {
    Attempt attempt = kFirst;
    attempt.jitter = jitter;
    EXPECT_GE(*RetryDelay(status, attempt), absl::Milliseconds(300));
  }
}

TEST(Retry, IsLeftOutIfNoTimeWouldRemain) {
  const grpc::Status status =
      testing::UndecidedStatus(grpc::StatusCode::UNAVAILABLE,
                               Reason::kKeysUnavailable, absl::Seconds(1));
  EXPECT_FALSE(RetryDelay(status, kFirst).has_value());
  Attempt late = kFirst;
  late.time_left = absl::Milliseconds(1);
  EXPECT_FALSE(RetryDelay(kUnavailable, late).has_value());
}

}  // namespace
}  // namespace usher::client
