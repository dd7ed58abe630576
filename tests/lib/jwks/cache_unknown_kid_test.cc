// Tokens whose kid no served key has: when the provider is asked, who waits,
// and what the waiters get.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using testing::CacheFixture;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::Ends;
using ::testing::IsEmpty;
using testing::JwksOf;
using testing::KeysOf;
using testing::KidsOf;
using ::testing::Pair;
using ::testing::SizeIs;
using Outcome = Cache::Outcome;

constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// A cache that fetched its first keys a minute ago.
std::shared_ptr<Cache> Settled(CacheFixture& world) {
  auto cache = world.MakeWith({"old"});
  world.clock.Advance(absl::Minutes(1));
  return cache;
}

TEST(CacheUnknownKid, AllWaitersShareOneFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  Ends ends;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cache->OutcomeNow(std::nullopt), std::nullopt);
    EXPECT_EQ(cache->AwaitKey(std::nullopt, kNoDeadline, ends.One()),
              std::nullopt);
  }
  EXPECT_EQ(world.fetches(), 2);
  EXPECT_THAT(ends.list, IsEmpty());
  world.http.Deliver();
  EXPECT_THAT(ends.list, SizeIs(100));
  EXPECT_THAT(ends.list, Each(Outcome::kRefreshed));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
  EXPECT_THAT(world.observer.fetches(),
              ElementsAre(Pair(Trigger::kStartup, true),
                          Pair(Trigger::kUnknownKid, true)));
}

TEST(CacheUnknownKid, IsNotFoundDuringTheCooldownWithoutAFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  const absl::Time issued = world.clock.Now() - absl::Minutes(1);
  Ends ends;
  ASSERT_EQ(cache->AwaitKey(issued, kNoDeadline, ends.One()), std::nullopt);
  world.http.Deliver();
  world.clock.Advance(absl::Seconds(29));
  EXPECT_EQ(cache->OutcomeNow(issued), Outcome::kNotFound);
  EXPECT_EQ(cache->AwaitKey(issued, kNoDeadline, ends.One()),
            Outcome::kNotFound);
  EXPECT_THAT(ends.list, SizeIs(1));  // the second waiter was dropped
  EXPECT_EQ(world.fetches(), 2);
  world.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(cache->AwaitKey(issued, kNoDeadline, ends.One()), std::nullopt);
  EXPECT_EQ(world.fetches(), 3);
}

TEST(CacheUnknownKid, CausesAFetchSoonAfterTheFirstFetch) {
  CacheFixture world;
  const auto cache = world.MakeWith({"old"});
  world.clock.Advance(absl::Seconds(1));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  Ends ends;
  EXPECT_EQ(cache->AwaitKey(world.clock.Now(), kNoDeadline, ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
}

TEST(CacheUnknownKid, OfATokenIssuedAfterTheFetchIsUndecided) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  cache->AwaitKey(std::nullopt, kNoDeadline, ends.One());
  world.http.Deliver();
  world.clock.Advance(absl::Seconds(10));
  const absl::Time issued = world.clock.Now() - absl::Seconds(1);
  EXPECT_EQ(cache->OutcomeNow(issued), Outcome::kUndecided);
  EXPECT_EQ(cache->AwaitKey(issued, kNoDeadline, ends.One()),
            Outcome::kUndecided);
  EXPECT_EQ(world.fetches(), 2);
}

// The fetch answers for the token that caused it, even if the token was issued
// in this second.
TEST(CacheUnknownKid, IsNotFoundForTheTokenThatCausedTheFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  const absl::Time seen = world.clock.Now();
  Ends ends;
  cache->AwaitKey(seen, kNoDeadline, ends.One());
  world.clock.Advance(absl::Milliseconds(300));
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed));
  EXPECT_EQ(cache->OutcomeAfterFetch(seen, seen), Outcome::kNotFound);
}

// The token of a later waiter may be issued after the provider had answered.
TEST(CacheUnknownKid, IsUndecidedForALaterWaiterWithANewerToken) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  cache->AwaitKey(std::nullopt, kNoDeadline, ends.One());
  world.clock.Advance(absl::Milliseconds(300));
  const absl::Time seen = world.clock.Now();
  cache->AwaitKey(seen, kNoDeadline, ends.One());
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed, Outcome::kRefreshed));
  EXPECT_EQ(cache->OutcomeAfterFetch(seen, seen), Outcome::kUndecided);
}

TEST(CacheUnknownKid, AStormCausesOneFetchPerCooldown) {
  CacheFixture world;
  const auto cache = Settled(world);
  const int before = world.fetches();
  Ends ends;
  int settled = 0;
  for (int i = 0; i < 20'000; ++i) {
    // 20 000 tokens over 100 s, each with another kid and an iat long ago.
    const absl::Time issued = world.clock.Now() - absl::Hours(1);
    const auto now = cache->AwaitKey(issued, kNoDeadline, ends.One());
    if (now.has_value()) {
      EXPECT_EQ(*now, Outcome::kNotFound);
      ++settled;
    }
    world.scheduler.Advance(absl::Milliseconds(5));
    if (i % 10 == 9) world.http.Deliver();  // 50 ms a fetch
  }
  EXPECT_LE(world.fetches() - before, 4);
  EXPECT_GE(world.fetches() - before, 3);
  EXPECT_EQ(settled + ends.list.size(), 20'000u);
  EXPECT_THAT(ends.list, Each(Outcome::kRefreshed));
}

TEST(CacheUnknownKid, AStormAtOneMomentSharesOneFetchAndOneTimer) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  const size_t timers = world.scheduler.pending();
  for (size_t i = 0; i < Cache::kMaxWaiters; ++i) {
    ASSERT_EQ(cache->AwaitKey(std::nullopt, kNoDeadline, ends.One()),
              std::nullopt);
  }
  EXPECT_EQ(world.scheduler.pending(), timers + 1);
  // One more than may wait.
  EXPECT_EQ(cache->AwaitKey(std::nullopt, kNoDeadline, ends.One()),
            Outcome::kUndecided);
  world.http.Deliver();
  EXPECT_THAT(ends.list, SizeIs(Cache::kMaxWaiters));
  EXPECT_EQ(world.fetches(), 2);
}

TEST(CacheUnknownKid, AStormNeverDeniesATokenOfANewKey) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends storm;
  std::optional<absl::Time> issued;
  bool accepted = false;
  for (int tick = 0; tick < 3000 && !accepted; ++tick) {  // 10 ms each
    const absl::Time now = world.clock.Now();
    cache->AwaitKey(now - absl::Hours(1), kNoDeadline, storm.One());
    if (tick == 500) {
      world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
      issued = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
    }
    if (issued.has_value()) {
      bool found = false;
      for (const std::string& kid : KidsOf(*cache)) found |= kid == "new";
      accepted = found;
      EXPECT_TRUE(found || cache->OutcomeNow(issued) != Outcome::kNotFound);
    }
    world.scheduler.Advance(absl::Milliseconds(10));
    if (tick % 5 == 4) world.http.Deliver();
  }
  world.Pass(absl::Seconds(1));
  cache->AwaitKey(issued, kNoDeadline, storm.One());
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
}

TEST(CacheUnknownKid, WaitsAtMostOneSecond) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  cache->AwaitKey(std::nullopt, kNoDeadline, ends.One());
  world.scheduler.Advance(absl::Milliseconds(990));
  EXPECT_THAT(ends.list, IsEmpty());
  world.scheduler.Advance(absl::Milliseconds(10));
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided));
  world.http.Deliver();  // too late for the waiter, not for the keys
  EXPECT_THAT(ends.list, SizeIs(1));
  EXPECT_EQ(KeysOf(*cache).generation, 2u);
}

TEST(CacheUnknownKid, WaitsAtMostUntilTheDeadlineOfTheRequest) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  const absl::Time now = world.clock.Now();
  cache->AwaitKey(std::nullopt, kNoDeadline, ends.One());
  cache->AwaitKey(std::nullopt, now + absl::Milliseconds(200), ends.One());
  cache->AwaitKey(std::nullopt, now + absl::Milliseconds(500), ends.One());
  world.scheduler.Advance(absl::Milliseconds(200));
  EXPECT_THAT(ends.list, SizeIs(1));
  world.scheduler.Advance(absl::Milliseconds(300));
  EXPECT_THAT(ends.list, SizeIs(2));
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided, Outcome::kUndecided,
                                     Outcome::kRefreshed));
}

TEST(CacheUnknownKid, IsUndecidedAtOnceAfterTheDeadline) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  EXPECT_EQ(cache->AwaitKey(std::nullopt, world.clock.Now(), ends.One()),
            Outcome::kUndecided);
  EXPECT_THAT(ends.list, IsEmpty());
  EXPECT_EQ(world.fetches(), 1);
}

TEST(CacheUnknownKid, AWaiterMayAskAgain) {
  CacheFixture world;
  const auto cache = Settled(world);
  std::optional<Outcome> again;
  cache->AwaitKey(std::nullopt, kNoDeadline, [&](Outcome) {
    again = cache->AwaitKey(std::nullopt, kNoDeadline, [](Outcome) {});
  });
  world.http.Deliver();
  EXPECT_EQ(again, Outcome::kNotFound);
}

}  // namespace
}  // namespace usher::jwks
