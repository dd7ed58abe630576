#include "lib/jwks/refresh_rule.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const RefreshLimits kLimits;

absl::Time After(absl::Duration span) { return kStart + span; }

// A set fetched at kStart, for an unknown kid, that is fresh for ten minutes.
RefreshHistory FetchedWell() {
  return {.last_attempt = kStart,
          .last_kid_attempt = kStart,
          .last_end = After(absl::Milliseconds(100)),
          .last_success = kStart,
          .freshness = absl::Minutes(10),
          .failures = 0};
}

// The same, but the provider did not answer a fetch at `when`.
RefreshHistory FailedSince(absl::Time when, int failures) {
  RefreshHistory history = FetchedWell();
  history.last_attempt = when;
  history.last_end = when + absl::Seconds(5);
  history.failures = failures;
  return history;
}

UnknownKid Ask(const RefreshHistory& history, absl::Time now,
               std::optional<absl::Time> issued_at, bool fetching = false) {
  return OnUnknownKid(history, kLimits, fetching, issued_at, now, now);
}

TEST(FreshnessOf, IsTheDefaultWithoutMaxAge) {
  EXPECT_EQ(FreshnessOf(std::nullopt, kLimits), absl::Minutes(10));
}

TEST(FreshnessOf, HonoursMaxAgeWithinTheLimits) {
  EXPECT_EQ(FreshnessOf(absl::Minutes(20), kLimits), absl::Minutes(20));
  EXPECT_EQ(FreshnessOf(absl::ZeroDuration(), kLimits), absl::Minutes(1));
  EXPECT_EQ(FreshnessOf(absl::Hours(24 * 365), kLimits), absl::Hours(1));
}

TEST(NextRefresh, IsDueBeforeTheFirstAttempt) {
  EXPECT_EQ(NextRefresh({}, kLimits, 0.5), absl::InfinitePast());
}

TEST(NextRefresh, IsThirtySecondsBeforeTheEndOfFreshness) {
  EXPECT_EQ(NextRefresh(FetchedWell(), kLimits, 0),
            After(absl::Minutes(10) - absl::Seconds(30)));
}

TEST(NextRefresh, JitterMovesItByFivePercentOfFreshness) {
  EXPECT_EQ(NextRefresh(FetchedWell(), kLimits, 1),
            After(absl::Minutes(10) - absl::Seconds(60)));
}

TEST(NextRefresh, IsAtHalfOfAShortFreshness) {
  RefreshHistory history = FetchedWell();
  history.freshness = absl::Seconds(20);
  EXPECT_EQ(NextRefresh(history, kLimits, 0), After(absl::Seconds(10)));
}

TEST(NextRefresh, DoublesAfterEachFailureUpToTheLimit) {
  const int expected[] = {1, 2, 4, 8, 16, 32, 32, 32};
  int failures = 0;
  for (int seconds : expected) {
    const RefreshHistory history =
        FailedSince(After(absl::Hours(1)), ++failures);
    EXPECT_EQ(NextRefresh(history, kLimits, 0),
              *history.last_end + absl::Seconds(seconds))
        << failures;
  }
  EXPECT_EQ(NextRefresh(FailedSince(kStart, 1'000'000), kLimits, 0),
            After(absl::Seconds(5 + 32)));
}

TEST(NextRefresh, JitterShortensABackoffByAQuarter) {
  EXPECT_EQ(NextRefresh(FailedSince(kStart, 3), kLimits, 1),
            After(absl::Seconds(5 + 3)));
}

TEST(NextRefresh, BacksOffAfterAFailedFirstAttempt) {
  RefreshHistory history;
  history.last_attempt = kStart;
  history.failures = 1;
  EXPECT_EQ(NextRefresh(history, kLimits, 0), After(absl::Seconds(1)));
}

TEST(LifetimeOf, IsFreshThenStaleThenUnusable) {
  const KeyLifetime lifetime = LifetimeOf(FetchedWell(), kLimits);
  const absl::Duration instant = absl::Nanoseconds(1);
  const absl::Duration end = absl::Minutes(10);
  EXPECT_FALSE(lifetime.StaleAt(kStart));
  EXPECT_FALSE(lifetime.StaleAt(After(end - instant)));
  EXPECT_TRUE(lifetime.StaleAt(After(end)));
  EXPECT_TRUE(lifetime.UsableAt(kStart));
  EXPECT_TRUE(lifetime.UsableAt(After(end + absl::Hours(4) - instant)));
  EXPECT_FALSE(lifetime.UsableAt(After(end + absl::Hours(4))));
}

TEST(LifetimeOf, IsOverWithoutASuccessfulFetch) {
  EXPECT_TRUE(LifetimeOf(RefreshHistory(), kLimits).StaleAt(kStart));
  EXPECT_FALSE(LifetimeOf(RefreshHistory(), kLimits).UsableAt(kStart));
}

TEST(OnUnknownKid, FetchesIfThereWasNoFetch) {
  EXPECT_EQ(Ask({}, kStart, std::nullopt), UnknownKid::kFetch);
}

TEST(OnUnknownKid, JoinsAFetchInFlight) {
  EXPECT_EQ(Ask(FetchedWell(), After(absl::Hours(1)), std::nullopt, true),
            UnknownKid::kJoin);
  EXPECT_EQ(Ask(FetchedWell(), After(absl::Seconds(1)), std::nullopt, true),
            UnknownKid::kJoin);
}

TEST(OnUnknownKid, FetchesAgainAfterTheCooldown) {
  const absl::Time old = After(-absl::Hours(1));
  EXPECT_EQ(Ask(FetchedWell(), After(absl::Seconds(30)), old),
            UnknownKid::kFetch);
  EXPECT_EQ(
      Ask(FetchedWell(), After(absl::Seconds(30) - absl::Nanoseconds(1)), old),
      UnknownKid::kNotFound);
}

// A rotation soon after a refresh must not wait for a cooldown that no unknown
// kid has started.
TEST(OnUnknownKid, FetchesAgainSoonAfterAFetchWithAnotherTrigger) {
  RefreshHistory history = FetchedWell();
  history.last_kid_attempt = std::nullopt;
  EXPECT_EQ(Ask(history, After(absl::Seconds(1)), std::nullopt),
            UnknownKid::kFetch);
  history.last_kid_attempt = kStart - absl::Seconds(29);
  EXPECT_EQ(Ask(history, kStart, std::nullopt), UnknownKid::kNotFound);
  EXPECT_EQ(Ask(history, After(absl::Seconds(1)), std::nullopt),
            UnknownKid::kFetch);
}

TEST(AfterFetch, IgnoresAFetchInFlight) {
  RefreshHistory history = FetchedWell();
  history.last_attempt = After(absl::Seconds(50));  // has not ended
  const absl::Time seen = After(absl::Seconds(40));
  EXPECT_EQ(AfterFetch(history, kLimits, seen, seen, After(absl::Seconds(51))),
            UnknownKid::kUndecided);
}

TEST(OnUnknownKid, CountsTheCooldownFromFailedAttemptsToo) {
  const absl::Time failed = After(absl::Hours(1));
  EXPECT_EQ(Ask(FailedSince(failed, 1), failed + absl::Seconds(29), kStart),
            UnknownKid::kUndecided);
  EXPECT_EQ(Ask(FailedSince(failed, 1), failed + absl::Seconds(30), kStart),
            UnknownKid::kFetch);
}

TEST(OnUnknownKid, IsUndecidedIfTheProviderDidNotAnswer) {
  const absl::Time failed = After(absl::Minutes(1));
  EXPECT_EQ(Ask(FailedSince(failed, 1), failed, std::nullopt),
            UnknownKid::kUndecided);
  RefreshHistory never;
  never.last_attempt = kStart;
  never.last_kid_attempt = kStart;
  EXPECT_EQ(Ask(never, kStart, std::nullopt), UnknownKid::kUndecided);
}

TEST(OnUnknownKid, IsUndecidedForATokenIssuedAfterTheLastFetch) {
  EXPECT_EQ(
      Ask(FetchedWell(), After(absl::Seconds(20)), After(absl::Seconds(10))),
      UnknownKid::kUndecided);
}

TEST(OnUnknownKid, IsNotFoundForATokenIssuedBeforeTheLastFetch) {
  EXPECT_EQ(
      Ask(FetchedWell(), After(absl::Seconds(20)), After(-absl::Seconds(10))),
      UnknownKid::kNotFound);
  EXPECT_EQ(Ask(FetchedWell(), After(absl::Seconds(20)), std::nullopt),
            UnknownKid::kNotFound);
}

// iat has whole seconds and comes from another clock.
TEST(OnUnknownKid, AllowsIatToBeSomeSecondsEarly) {
  const absl::Time now = After(absl::Seconds(20));
  EXPECT_EQ(Ask(FetchedWell(), now, After(-absl::Seconds(4))),
            UnknownKid::kUndecided);
  EXPECT_EQ(Ask(FetchedWell(), now, After(-absl::Seconds(5))),
            UnknownKid::kNotFound);
}

// A token that arrived before the provider was asked is not newer than the
// answer, whatever its iat says.
TEST(OnUnknownKid, IgnoresAnIatAfterTheTokenWasSeen) {
  const absl::Time now = After(absl::Milliseconds(200));
  EXPECT_EQ(OnUnknownKid(FetchedWell(), kLimits, false, kStart, kStart, now),
            UnknownKid::kNotFound);
  EXPECT_EQ(OnUnknownKid(FetchedWell(), kLimits, false, After(absl::Hours(9)),
                         kStart, now),
            UnknownKid::kNotFound);
  EXPECT_EQ(OnUnknownKid(FetchedWell(), kLimits, false, kStart,
                         After(absl::Milliseconds(1)), now),
            UnknownKid::kUndecided);
}

TEST(OnUnknownKid, DoesNotCoolDownForeverWhenTheClockIsSetBack) {
  EXPECT_EQ(Ask(FetchedWell(), After(-absl::Hours(1)), std::nullopt),
            UnknownKid::kFetch);
}

TEST(OnUnknownKid, IsUndecidedIfTheKeysAreTooOld) {
  RefreshHistory history = FetchedWell();
  history.freshness = absl::Seconds(1);
  RefreshLimits limits = kLimits;
  limits.stale_for = absl::ZeroDuration();
  const absl::Time now = After(absl::Seconds(10));
  EXPECT_EQ(OnUnknownKid(history, limits, false, std::nullopt, now, now),
            UnknownKid::kUndecided);
}

}  // namespace
}  // namespace usher::jwks
