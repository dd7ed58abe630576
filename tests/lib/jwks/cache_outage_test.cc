// The provider does not answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using testing::CacheFixture;
using ::testing::ElementsAre;
using testing::Ends;
using testing::JwksOf;
using testing::KeysOf;
using testing::KidsOf;
using Outcome = Cache::Outcome;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

void Down(CacheFixture& world) {
  world.http.Fail(CacheFixture::kUrl, absl::UnavailableError("refused"));
}

TEST(CacheOutage, LeavesTokensUndecidedUntilTheFirstGoodResponse) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({}, kNoDeadline, ends.One()), std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided));
  EXPECT_EQ(cache->OutcomeNow({}), Outcome::kUndecided);
  EXPECT_EQ(cache->Status().failures, 1);

  world.Pass(absl::Minutes(2));
  EXPECT_EQ(KeysOf(*cache).fetched_at, std::nullopt);
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  world.Pass(absl::Seconds(32));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_EQ(cache->Status().failures, 0);
}

TEST(CacheOutage, IsRetriedWithDoublingDelays) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  world.Pass(absl::Minutes(10), absl::Milliseconds(100));
  // 1 2 4 8 16 s and then every 24 to 32 s.
  EXPECT_GE(world.fetches(), 5 + (600 - 31) / 32);
  EXPECT_LE(world.fetches(), 7 + 600 / 24);
}

TEST(CacheOutage, ServesTheLastKeysAsStaleForFourHours) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  Down(world);
  world.Pass(absl::Minutes(10));
  EXPECT_TRUE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_TRUE(KeysOf(*cache).UsableAt(world.clock.Now()));
  world.Pass(absl::Hours(4) - absl::Seconds(1), absl::Seconds(10));
  EXPECT_TRUE(KeysOf(*cache).UsableAt(world.clock.Now()));
  world.Pass(absl::Seconds(1));
  EXPECT_FALSE(KeysOf(*cache).UsableAt(world.clock.Now()));
  EXPECT_NE(cache->OutcomeNow({}), Outcome::kNotFound);

  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  world.Pass(absl::Seconds(32));
  EXPECT_TRUE(KeysOf(*cache).UsableAt(world.clock.Now()));
  EXPECT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now()));
}

TEST(CacheOutage, LeavesAnUnknownKidUndecided) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  world.clock.Advance(absl::Minutes(1));
  Down(world);
  const absl::Time issued = world.clock.Now() - absl::Hours(1);
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided));
  EXPECT_EQ(cache->OutcomeNow({.issued_at = issued}), Outcome::kUndecided);
  EXPECT_EQ(cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One()),
            Outcome::kUndecided);
}

TEST(CacheOutage, UnknownKidsCauseFewMoreFetches) {
  CacheFixture quiet_world;
  const auto quiet = quiet_world.MakeWith({"a"});
  Down(quiet_world);
  quiet_world.Pass(absl::Hours(1));

  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  Down(world);
  Ends ends;
  for (int second = 0; second < 3600; ++second) {
    cache->AwaitKey({}, kNoDeadline, ends.One());
    world.Pass(absl::Seconds(1));
  }
  // The storm found the outage ten minutes earlier; no more than that.
  EXPECT_LE(world.fetches(), quiet_world.fetches() + 10 * 60 / 24 + 10);
}

TEST(CacheOutage, EndsForWaitersWithTheFirstGoodResponse) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  world.scheduler.Advance(absl::Seconds(1));  // the retry is under way
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({}, kNoDeadline, ends.One()), std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
}

}  // namespace
}  // namespace usher::jwks
