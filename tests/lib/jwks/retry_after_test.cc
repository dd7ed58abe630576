#include "lib/jwks/retry_after.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

// Tue, 29 Oct 2024 16:56:32 GMT
const absl::Time kNow = absl::FromUnixSeconds(1'730'220'992);

std::optional<absl::Duration> Wait(const std::string& retry_after,
                                   const std::string& date = "") {
  http::Response response;
  response.headers = {{"retry-after", retry_after}};
  if (!date.empty()) response.headers.emplace_back("date", date);
  return RetryAfterIn(response, kNow);
}

TEST(RetryAfterIn, ReadsSeconds) {
  EXPECT_EQ(Wait("7"), absl::Seconds(7));
  EXPECT_EQ(Wait("0"), absl::ZeroDuration());
}

TEST(RetryAfterIn, IsAtMostAMinute) {
  EXPECT_EQ(Wait("300"), absl::Seconds(60));
  EXPECT_EQ(Wait("99999999999999999999999"), absl::Seconds(60));
  EXPECT_EQ(Wait("Wed, 30 Oct 2024 16:56:32 GMT"), absl::Seconds(60));
}

TEST(RetryAfterIn, ReadsADateInEachForm) {
  EXPECT_EQ(Wait("Tue, 29 Oct 2024 16:57:02 GMT"), absl::Seconds(30));
  EXPECT_EQ(Wait("Tuesday, 29-Oct-24 16:57:02 GMT"), absl::Seconds(30));
  EXPECT_EQ(Wait("Tue Oct 29 16:57:02 2024"), absl::Seconds(30));
  EXPECT_EQ(Wait("Tue, 29 Oct 2024 16:00:00 GMT"), absl::ZeroDuration());
}

// The provider's clock may be wrong.
TEST(RetryAfterIn, ComparesADateWithThatOfTheResponse) {
  EXPECT_EQ(
      Wait("Tue, 29 Oct 2024 12:00:10 GMT", "Tue, 29 Oct 2024 12:00:00 GMT"),
      absl::Seconds(10));
}

TEST(RetryAfterIn, IsAbsentWhereNothingUsableIsSaid) {
  for (const char* text : {"", "soon", "-1", "1.5", "1h"}) {
    EXPECT_EQ(Wait(text), std::nullopt) << text;
  }
  EXPECT_EQ(RetryAfterIn({}, kNow), std::nullopt);
}

TEST(RetryAfterOf, IsWhatTheErrorWasGiven) {
  const absl::Status error = absl::UnavailableError("answered 429");
  EXPECT_EQ(RetryAfterOf(error), absl::ZeroDuration());
  EXPECT_EQ(RetryAfterOf(WithRetryAfter(error, std::nullopt)),
            absl::ZeroDuration());
  EXPECT_EQ(RetryAfterOf(WithRetryAfter(error, absl::Seconds(7))),
            absl::Seconds(7));
  EXPECT_EQ(RetryAfterOf(absl::OkStatus()), absl::ZeroDuration());
}

}  // namespace
}  // namespace usher::jwks
