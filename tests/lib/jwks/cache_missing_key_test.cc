// Tokens that no served key verifies: when the provider is asked, who waits,
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

TEST(CacheMissingKey, AllWaitersShareOneFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  Ends ends;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(cache->OutcomeNow({}), std::nullopt);
    EXPECT_EQ(cache->AwaitKey({}, kNoDeadline, ends.One()), std::nullopt);
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

// Spends the budget: the provider is asked and answers at each of the three.
void SpendBudget(CacheFixture& world, Cache& cache) {
  Ends ends;
  for (int i = 0; i < FetchBudget::kBurst; ++i) {
    ASSERT_EQ(cache.AwaitKey({}, kNoDeadline, ends.One()), std::nullopt);
    world.http.Deliver();
  }
}

MissingKey Forged(absl::Time issued_at) {
  return {Trigger::kFailedSignature, issued_at};
}

TEST(CacheMissingKey, IsNotFoundWithoutAFetchOnceTheBudgetIsSpent) {
  CacheFixture world;
  const auto cache = Settled(world);
  const absl::Time issued = world.clock.Now() - absl::Minutes(1);
  SpendBudget(world, *cache);
  EXPECT_EQ(world.fetches(), 4);
  world.clock.Advance(absl::Milliseconds(4900));
  Ends ends;
  EXPECT_EQ(cache->OutcomeNow({.issued_at = issued}), Outcome::kNotFound);
  EXPECT_EQ(cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One()),
            Outcome::kNotFound);
  EXPECT_THAT(ends.list, IsEmpty());  // the waiter was dropped
  world.scheduler.Advance(absl::Milliseconds(100));
  EXPECT_EQ(world.fetches(), 4);  // nothing was owed
  EXPECT_EQ(cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One()),
            std::nullopt);
  EXPECT_EQ(world.fetches(), 5);
}

TEST(CacheMissingKey, IsOwedAFetchThatNoOtherTokenMustAskFor) {
  CacheFixture world;
  const auto cache = Settled(world);
  SpendBudget(world, *cache);
  world.clock.Advance(absl::Seconds(1));
  const MissingKey missing{.issued_at = world.clock.Now()};
  Ends ends;
  EXPECT_EQ(cache->AwaitKey(missing, kNoDeadline, ends.One()),
            Outcome::kUndecided);  // four seconds are too long to wait
  EXPECT_EQ(cache->DelayNow().retry_after, absl::Milliseconds(4100));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  world.scheduler.Advance(absl::Milliseconds(3900));
  EXPECT_EQ(world.fetches(), 4);
  world.scheduler.Advance(absl::Milliseconds(100));
  EXPECT_EQ(world.fetches(), 5);
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
  EXPECT_EQ(world.observer.fetches().back(),
            std::pair(Trigger::kUnknownKid, true));
}

TEST(CacheMissingKey, WaitsForAnOwedFetchThatBeginsInTime) {
  CacheFixture world;
  const auto cache = Settled(world);
  SpendBudget(world, *cache);
  world.clock.Advance(absl::Milliseconds(4500));
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({.issued_at = world.clock.Now()}, kNoDeadline,
                            ends.One()),
            std::nullopt);
  EXPECT_EQ(world.fetches(), 4);
  world.scheduler.Advance(absl::Milliseconds(500));
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed));
}

TEST(CacheMissingKey, AFetchForAnotherReasonPaysWhatIsOwed) {
  CacheFixture world;
  const auto cache = Settled(world);
  SpendBudget(world, *cache);
  world.clock.Advance(absl::Seconds(1));
  Ends ends;
  cache->AwaitKey({.issued_at = world.clock.Now()}, kNoDeadline, ends.One());
  world.clock.Advance(absl::Seconds(1));
  cache->Refresh([](const absl::Status&) {});
  world.http.Deliver();
  EXPECT_EQ(world.fetches(), 5);
  world.scheduler.Advance(absl::Seconds(10));
  EXPECT_EQ(world.fetches(), 5);
}

TEST(CacheMissingKey, DoubtsTheSignatureOfATokenIssuedAfterTheLastFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  const absl::Time seen = world.clock.Now();
  Ends ends;
  EXPECT_EQ(cache->OutcomeNow(Forged(seen)), std::nullopt);
  EXPECT_EQ(cache->AwaitKey(Forged(seen), kNoDeadline, ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed));
  EXPECT_EQ(cache->OutcomeAfterFetch(Forged(seen), seen), Outcome::kNotFound);
  EXPECT_EQ(world.observer.fetches().back(),
            std::pair(Trigger::kFailedSignature, true));
  // Its iat may be some seconds early, so later it is worth one more fetch. It
  // is denied from then on.
  world.clock.Advance(absl::Seconds(10));
  EXPECT_EQ(cache->AwaitKey(Forged(seen), kNoDeadline, ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_EQ(cache->OutcomeNow(Forged(seen)), Outcome::kNotFound);
  EXPECT_EQ(world.fetches(), 3);
}

TEST(CacheMissingKey, DeniesAnOldTokenAtOnceAndLooksBesideIt) {
  CacheFixture world;
  const auto cache = Settled(world);
  const MissingKey old = Forged(world.clock.Now() - absl::Hours(1));
  EXPECT_EQ(cache->OutcomeNow(old), Outcome::kNotFound);
  cache->FetchInBackground(old);
  EXPECT_EQ(world.fetches(), 2);
  world.http.Deliver();
  // Only from an untouched budget: the rest is for others.
  for (int i = 0; i < 100; ++i) {
    cache->FetchInBackground(old);
    world.http.Deliver();
  }
  EXPECT_EQ(world.fetches(), 2);
  world.clock.Advance(absl::Seconds(5));
  cache->FetchInBackground(old);
  EXPECT_EQ(world.fetches(), 3);
}

TEST(CacheMissingKey, DoubtsNoSignatureWhileTheProviderFails) {
  CacheFixture world;
  const auto cache = Settled(world);
  world.http.Fail(CacheFixture::kUrl, absl::UnavailableError("down"));
  cache->Refresh([](const absl::Status&) {});
  world.http.Deliver();
  const int before = world.fetches();
  EXPECT_EQ(cache->OutcomeNow(Forged(world.clock.Now())), Outcome::kNotFound);
  cache->FetchInBackground(Forged(world.clock.Now()));
  EXPECT_EQ(world.fetches(), before);
  EXPECT_TRUE(cache->DelayNow().provider_fails);
}

TEST(CacheMissingKey, NeverCausesMoreThanTheBudgetAllows) {
  CacheFixture world;
  const auto cache = Settled(world);
  const int before = world.fetches();
  Ends ends;
  for (int i = 0; i < 6000; ++i) {  // a minute, 100 junk tokens a second
    const absl::Time now = world.clock.Now();
    cache->AwaitKey({.issued_at = now}, kNoDeadline, ends.One());
    cache->AwaitKey(Forged(now), kNoDeadline, ends.One());
    cache->FetchInBackground(Forged(now - absl::Hours(1)));
    world.scheduler.Advance(absl::Milliseconds(10));
    world.http.Deliver();
  }
  EXPECT_LE(world.fetches() - before, 3 + 60 / 5);
  EXPECT_GE(world.fetches() - before, 60 / 5);
}

TEST(CacheMissingKey, CausesAFetchSoonAfterTheFirstFetch) {
  CacheFixture world;
  const auto cache = world.MakeWith({"old"});
  world.clock.Advance(absl::Seconds(1));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({.issued_at = world.clock.Now()}, kNoDeadline,
                            ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
}

TEST(CacheMissingKey, OfATokenIssuedAfterTheFetchIsUndecided) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  SpendBudget(world, *cache);
  world.clock.Advance(absl::Seconds(2));
  const absl::Time issued = world.clock.Now() - absl::Seconds(1);
  EXPECT_EQ(cache->OutcomeNow({.issued_at = issued}), std::nullopt);
  EXPECT_EQ(cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One()),
            Outcome::kUndecided);
  EXPECT_EQ(world.fetches(), 4);
}

// The fetch answers for the token that caused it, even if the token was issued
// in this second.
TEST(CacheMissingKey, IsNotFoundForTheTokenThatCausedTheFetch) {
  CacheFixture world;
  const auto cache = Settled(world);
  const absl::Time seen = world.clock.Now();
  Ends ends;
  cache->AwaitKey({.issued_at = seen}, kNoDeadline, ends.One());
  world.clock.Advance(absl::Milliseconds(300));
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed));
  EXPECT_EQ(cache->OutcomeAfterFetch({.issued_at = seen}, seen),
            Outcome::kNotFound);
}

// The token of a later waiter may be issued after the provider had answered.
TEST(CacheMissingKey, IsUndecidedForALaterWaiterWithANewerToken) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  cache->AwaitKey({}, kNoDeadline, ends.One());
  world.clock.Advance(absl::Milliseconds(300));
  const absl::Time seen = world.clock.Now();
  cache->AwaitKey({.issued_at = seen}, kNoDeadline, ends.One());
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kRefreshed, Outcome::kRefreshed));
  EXPECT_EQ(cache->OutcomeAfterFetch({.issued_at = seen}, seen),
            Outcome::kUndecided);
}

TEST(CacheMissingKey, AStormCausesOneFetchInFiveSeconds) {
  CacheFixture world;
  const auto cache = Settled(world);
  const int before = world.fetches();
  Ends ends;
  int settled = 0;
  for (int i = 0; i < 20'000; ++i) {
    // 20 000 tokens over 100 s, each with another kid and an iat long ago.
    const absl::Time issued = world.clock.Now() - absl::Hours(1);
    const auto now =
        cache->AwaitKey({.issued_at = issued}, kNoDeadline, ends.One());
    if (now.has_value()) {
      EXPECT_EQ(*now, Outcome::kNotFound);
      ++settled;
    }
    world.scheduler.Advance(absl::Milliseconds(5));
    if (i % 10 == 9) world.http.Deliver();  // 50 ms a fetch
  }
  EXPECT_LE(world.fetches() - before, 3 + 100 / 5);
  EXPECT_GE(world.fetches() - before, 100 / 5);
  EXPECT_EQ(settled + ends.list.size(), 20'000u);
  EXPECT_THAT(ends.list, Each(Outcome::kRefreshed));
}

TEST(CacheMissingKey, AStormAtOneMomentSharesOneFetchAndOneTimer) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  const size_t timers = world.scheduler.pending();
  for (size_t i = 0; i < Cache::kMaxWaiters; ++i) {
    ASSERT_EQ(cache->AwaitKey({}, kNoDeadline, ends.One()), std::nullopt);
  }
  EXPECT_EQ(world.scheduler.pending(), timers + 1);
  // One more than may wait.
  EXPECT_EQ(cache->AwaitKey({}, kNoDeadline, ends.One()), Outcome::kUndecided);
  world.http.Deliver();
  EXPECT_THAT(ends.list, SizeIs(Cache::kMaxWaiters));
  EXPECT_EQ(world.fetches(), 2);
}

TEST(CacheMissingKey, AStormNeverDeniesATokenOfANewKey) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends storm;
  std::optional<absl::Time> issued;
  bool accepted = false;
  for (int tick = 0; tick < 3000 && !accepted; ++tick) {  // 10 ms each
    const absl::Time now = world.clock.Now();
    cache->AwaitKey({.issued_at = now - absl::Hours(1)}, kNoDeadline,
                    storm.One());
    if (tick == 500) {
      world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
      issued = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
    }
    if (issued.has_value()) {
      bool found = false;
      for (const std::string& kid : KidsOf(*cache)) found |= kid == "new";
      accepted = found;
      EXPECT_TRUE(found || cache->OutcomeNow({.issued_at = issued}) !=
                               Outcome::kNotFound);
    }
    world.scheduler.Advance(absl::Milliseconds(10));
    if (tick % 5 == 4) world.http.Deliver();
  }
  world.Pass(absl::Seconds(1));
  cache->AwaitKey({.issued_at = issued}, kNoDeadline, storm.One());
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
}

TEST(CacheMissingKey, WaitsAtMostOneSecond) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  cache->AwaitKey({}, kNoDeadline, ends.One());
  world.scheduler.Advance(absl::Milliseconds(990));
  EXPECT_THAT(ends.list, IsEmpty());
  world.scheduler.Advance(absl::Milliseconds(10));
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided));
  world.http.Deliver();  // too late for the waiter, not for the keys
  EXPECT_THAT(ends.list, SizeIs(1));
  EXPECT_EQ(KeysOf(*cache).generation, 2u);
}

TEST(CacheMissingKey, WaitsAtMostUntilTheDeadlineOfTheRequest) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  const absl::Time now = world.clock.Now();
  cache->AwaitKey({}, kNoDeadline, ends.One());
  cache->AwaitKey({}, now + absl::Milliseconds(200), ends.One());
  cache->AwaitKey({}, now + absl::Milliseconds(500), ends.One());
  world.scheduler.Advance(absl::Milliseconds(200));
  EXPECT_THAT(ends.list, SizeIs(1));
  world.scheduler.Advance(absl::Milliseconds(300));
  EXPECT_THAT(ends.list, SizeIs(2));
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Outcome::kUndecided, Outcome::kUndecided,
                                     Outcome::kRefreshed));
}

TEST(CacheMissingKey, IsUndecidedAtOnceAfterTheDeadline) {
  CacheFixture world;
  const auto cache = Settled(world);
  Ends ends;
  EXPECT_EQ(cache->AwaitKey({}, world.clock.Now(), ends.One()),
            Outcome::kUndecided);
  EXPECT_THAT(ends.list, IsEmpty());
  EXPECT_EQ(world.fetches(), 1);
}

TEST(CacheMissingKey, AWaiterMayAskAgain) {
  CacheFixture world;
  const auto cache = Settled(world);
  std::optional<Outcome> again = Outcome::kUndecided;
  cache->AwaitKey({}, kNoDeadline, [&](Outcome) {
    again = cache->AwaitKey({}, kNoDeadline, [](Outcome) {});
  });
  world.http.Deliver();
  EXPECT_EQ(again, std::nullopt);
  EXPECT_EQ(world.fetches(), 3);
}

}  // namespace
}  // namespace usher::jwks
