#include "lib/jwks/cache_control.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::optional<absl::Duration> MaxAge(Headers headers) {
  http::Response response;
  response.headers = std::move(headers);
  return MaxAgeOf(response);
}
std::optional<absl::Duration> MaxAge(const std::string& cache_control) {
  return MaxAge(Headers{{"cache-control", cache_control}});
}

TEST(MaxAgeOf, ReadsMaxAgeAmongOtherDirectives) {
  EXPECT_EQ(MaxAge("max-age=600"), absl::Seconds(600));
  EXPECT_EQ(MaxAge("public, Max-Age = 3600 , must-revalidate"),
            absl::Seconds(3600));
  EXPECT_EQ(MaxAge("max-age=\"60\""), absl::Seconds(60));
  EXPECT_EQ(MaxAge("max-age=0"), absl::ZeroDuration());
}

TEST(MaxAgeOf, IsAbsentWithoutAUsableMaxAge) {
  EXPECT_EQ(MaxAge(Headers{}), std::nullopt);
  EXPECT_EQ(MaxAge(""), std::nullopt);
  EXPECT_EQ(MaxAge("public"), std::nullopt);
  EXPECT_EQ(MaxAge("max-age"), std::nullopt);
  EXPECT_EQ(MaxAge("max-age="), std::nullopt);
  EXPECT_EQ(MaxAge("max-age=-1"), std::nullopt);
  EXPECT_EQ(MaxAge("max-age=1.5"), std::nullopt);
  EXPECT_EQ(MaxAge("max-age=1h"), std::nullopt);
  EXPECT_EQ(MaxAge("max-age=\""), std::nullopt);
  EXPECT_EQ(MaxAge("s-maxage=60"), std::nullopt);
  EXPECT_EQ(MaxAge("x-max-age=60"), std::nullopt);
}

TEST(MaxAgeOf, TakesTheFirstOfSeveral) {
  EXPECT_EQ(MaxAge("max-age=60, max-age=600"), absl::Seconds(60));
  EXPECT_EQ(MaxAge({{"cache-control", "public"},
                    {"cache-control", "max-age=60"},
                    {"cache-control", "max-age=600"}}),
            absl::Seconds(60));
}

// What Keycloak, Hydra and Spring send with every answer.
TEST(MaxAgeOf, IsAbsentWithNoStoreOrNoCache) {
  EXPECT_EQ(MaxAge("no-cache"), std::nullopt);
  EXPECT_EQ(MaxAge("private, no-store, no-cache, must-revalidate"),
            std::nullopt);
  EXPECT_EQ(MaxAge("no-cache, no-store, max-age=0, must-revalidate"),
            std::nullopt);
  EXPECT_EQ(MaxAge("max-age=600, No-Cache"), std::nullopt);
}

TEST(MaxAgeOf, AcceptsNumbersThatDoNotFit) {
  EXPECT_EQ(MaxAge("max-age=99999999999999999999999999"),
            absl::Hours(24) * 366);
}

TEST(MaxAgeOf, SubtractsTheAgeThatCachesReport) {
  EXPECT_EQ(MaxAge({{"cache-control", "max-age=600"}, {"age", "100"}}),
            absl::Seconds(500));
  EXPECT_EQ(MaxAge({{"cache-control", "max-age=600"}, {"age", "700"}}),
            absl::ZeroDuration());
  EXPECT_EQ(MaxAge({{"cache-control", "max-age=600"}, {"age", "old"}}),
            absl::Seconds(600));
}

}  // namespace
}  // namespace usher::jwks
