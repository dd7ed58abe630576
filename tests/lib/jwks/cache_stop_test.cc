// A cache that ends while it is in use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using testing::CacheFixture;
using ::testing::ElementsAre;
using testing::Ends;
using ::testing::IsEmpty;
using testing::JwksOf;
using testing::KidsOf;
using Outcome = Cache::Outcome;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

TEST(CacheStop, WaitersGetUndecided) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  Ends ends;
  cache->AwaitKey({}, kNoDeadline, ends.One());
  cache->AwaitKey({}, kNoDeadline, ends.One());
  cache->Stop();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided, Outcome::kUndecided));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  world.http.Deliver();
  world.Pass(absl::Minutes(1));
  EXPECT_EQ(ends.list.size(), 2u);
  EXPECT_EQ(world.fetches(), 1);
  EXPECT_THAT(world.observer.fetches(), IsEmpty());
}

TEST(CacheStop, RefreshCallbacksGetCancelled) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  absl::Status told;
  cache->Refresh([&](absl::Status status) { told = status; });
  cache->Stop();
  EXPECT_EQ(told.code(), absl::StatusCode::kCancelled);
}

TEST(CacheStop, LeavesNoTimer) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  Ends ends;
  world.clock.Advance(absl::Minutes(1));
  cache->AwaitKey({}, kNoDeadline, ends.One());
  cache->Stop();
  cache->Stop();
  EXPECT_EQ(world.scheduler.pending(), 0u);
  EXPECT_EQ(cache->Status().next_refresh, std::nullopt);
}

TEST(CacheStop, TheLastKeysStayServed) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  cache->Stop();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_EQ(cache->OutcomeNow({}), Outcome::kUndecided);
  EXPECT_EQ(cache->AwaitKey({}, kNoDeadline, [](Outcome) {}),
            Outcome::kUndecided);
}

TEST(CacheStop, CannotBeStartedAgain) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Stop();
  cache->Start();
  EXPECT_EQ(world.fetches(), 0);
}

TEST(CacheStop, IsSafeToDestroyDuringAFetch) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  auto cache = world.Make();
  const std::weak_ptr<Cache> weak = cache;
  cache->Start();
  Ends ends;
  cache->AwaitKey({}, kNoDeadline, ends.One());
  cache.reset();
  EXPECT_TRUE(weak.expired());
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided));
  world.http.Deliver();
  world.Pass(absl::Minutes(20));
  EXPECT_EQ(world.fetches(), 1);
}

TEST(CacheStop, IsSafeToDestroyDuringDiscovery) {
  CacheFixture world;
  world.http.Answer("https://login.test/.well-known/openid-configuration",
                    R"({"issuer":"https://login.test",)"
                    R"("jwks_uri":"https://login.test/jwks"})");
  auto cache = world.Make(Discovery{});
  cache->Start();
  cache.reset();
  world.http.Deliver();
  EXPECT_EQ(world.fetches(), 0);
}

TEST(CacheStop, AWaiterMayHoldTheLastReference) {
  CacheFixture world;
  auto cache = world.Make();
  cache->Start();
  const std::weak_ptr<Cache> weak = cache;
  int called = 0;
  cache->AwaitKey({}, kNoDeadline, [cache, &called](Outcome) { ++called; });
  cache.reset();
  EXPECT_FALSE(weak.expired());
  world.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace usher::jwks
