#include "lib/jwks/refresh_rule.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);
const RefreshLimits kLimits;

absl::Time After(absl::Duration span) { return kStart + span; }

// A set fetched at kStart that is fresh for ten minutes.
RefreshHistory FetchedWell() {
  return {.last_attempt = kStart,
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

using enum MissingKeyAnswer;

constexpr absl::Time kSpent = absl::InfiniteFuture();

// A token with an unknown kid that arrives now. The budget allows a fetch.
MissingKeyAnswer Ask(const RefreshHistory& history, absl::Time now,
                     std::optional<absl::Time> issued_at,
                     bool fetching = false) {
  return OnMissingKey(history, kLimits, absl::InfinitePast(), fetching,
                      {Trigger::kUnknownKid, issued_at}, now, now);
}
// The same when the budget is spent.
MissingKeyAnswer AskSpent(const RefreshHistory& history, absl::Time now,
                          std::optional<absl::Time> issued_at) {
  return OnMissingKey(history, kLimits, kSpent, false,
                      {Trigger::kUnknownKid, issued_at}, now, now);
}
// A token that its key does not verify.
MissingKeyAnswer AskForged(const RefreshHistory& history, absl::Time now,
                           std::optional<absl::Time> issued_at,
                           absl::Time budget, bool fetching = false) {
  return OnMissingKey(history, kLimits, budget, fetching,
                      {Trigger::kFailedSignature, issued_at}, now, now);
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

TEST(NextRefresh, IsNoSoonerThanTheProviderAskedFor) {
  RefreshHistory history = FailedSince(kStart, 1);
  history.not_before = After(absl::Seconds(40));
  EXPECT_EQ(NextRefresh(history, kLimits, 0.5), After(absl::Seconds(40)));
}

TEST(OnMissingKey, FetchesIfThereWasNoFetch) {
  EXPECT_EQ(Ask({}, kStart, std::nullopt), kFetch);
}

TEST(OnMissingKey, JoinsAFetchInFlight) {
  EXPECT_EQ(Ask(FetchedWell(), After(absl::Hours(1)), std::nullopt, true),
            kJoin);
  EXPECT_EQ(AskForged(FetchedWell(), After(absl::Hours(1)),
                      After(absl::Minutes(59)), kSpent, true),
            kJoin);
}

TEST(OnMissingKey, FetchesWhatTheBudgetAllows) {
  const absl::Time now = After(absl::Seconds(1));
  EXPECT_EQ(Ask(FetchedWell(), now, After(-absl::Hours(1))), kFetch);
  EXPECT_EQ(Ask(FetchedWell(), now, std::nullopt), kFetch);
  EXPECT_EQ(Ask(FetchedWell(), now, now), kFetch);
}

// The fetch is owed: it follows without another token.
TEST(OnMissingKey, OwesAFetchToATokenIssuedAfterTheLastOne) {
  EXPECT_EQ(AskSpent(FetchedWell(), After(absl::Seconds(20)),
                     After(absl::Seconds(10))),
            kOwe);
}

TEST(OnMissingKey, IsNotFoundForATokenIssuedBeforeTheLastFetch) {
  EXPECT_EQ(AskSpent(FetchedWell(), After(absl::Seconds(20)),
                     After(-absl::Seconds(10))),
            kNotFound);
  EXPECT_EQ(AskSpent(FetchedWell(), After(absl::Seconds(20)), std::nullopt),
            kNotFound);
}

// iat has whole seconds and comes from another clock.
TEST(OnMissingKey, AllowsIatToBeSomeSecondsEarly) {
  const absl::Time now = After(absl::Seconds(20));
  EXPECT_EQ(AskSpent(FetchedWell(), now, After(-absl::Seconds(4))), kOwe);
  EXPECT_EQ(AskSpent(FetchedWell(), now, After(-absl::Seconds(5))), kNotFound);
}

// A token that arrived before the provider was asked is not newer than the
// answer, whatever its iat says.
TEST(OnMissingKey, IgnoresAnIatAfterTheTokenWasSeen) {
  const absl::Time now = After(absl::Milliseconds(200));
  const auto seen = [&](absl::Time issued_at, absl::Time seen_at) {
    return OnMissingKey(FetchedWell(), kLimits, kSpent, false,
                        {Trigger::kUnknownKid, issued_at}, seen_at, now);
  };
  EXPECT_EQ(seen(kStart, kStart), kNotFound);
  EXPECT_EQ(seen(After(absl::Hours(9)), kStart), kNotFound);
  EXPECT_EQ(seen(kStart, After(absl::Milliseconds(1))), kOwe);
}

TEST(OnMissingKey, IsUndecidedIfTheProviderDidNotAnswer) {
  const absl::Time failed = After(absl::Minutes(1));
  EXPECT_EQ(Ask(FailedSince(failed, 1), failed, std::nullopt), kUndecided);
  RefreshHistory never;
  never.last_attempt = kStart;
  never.failures = 1;
  EXPECT_EQ(Ask(never, kStart, std::nullopt), kUndecided);
}

TEST(OnMissingKey, IsUndecidedIfTheKeysAreTooOld) {
  RefreshHistory history = FetchedWell();
  history.freshness = absl::Seconds(1);
  RefreshLimits limits = kLimits;
  limits.stale_for = absl::ZeroDuration();
  const absl::Time now = After(absl::Seconds(10));
  EXPECT_EQ(OnMissingKey(history, limits, kSpent, false, {}, now, now),
            kUndecided);
}

TEST(OnMissingKey, DoubtsASignatureOnlyOfATokenIssuedAfterTheLastFetch) {
  const absl::Time now = After(absl::Seconds(20));
  const absl::Time newer = After(absl::Seconds(10));
  EXPECT_EQ(AskForged(FetchedWell(), now, newer, now), kFetch);
  EXPECT_EQ(AskForged(FetchedWell(), now, newer, kSpent), kOwe);
  for (const auto& old :
       {std::optional(After(-absl::Seconds(5))), std::optional<absl::Time>()}) {
    EXPECT_EQ(AskForged(FetchedWell(), now, old, now), kNotFound);
    EXPECT_EQ(AskForged(FetchedWell(), now, old, kSpent), kNotFound);
    EXPECT_EQ(AskForged(FetchedWell(), now, old, now, true), kNotFound);
  }
}

TEST(OnMissingKey, DoesNotDoubtASignatureWhileTheProviderFails) {
  const RefreshHistory history = FailedSince(After(absl::Hours(1)), 1);
  const absl::Time now = After(absl::Hours(2));
  EXPECT_EQ(AskForged(history, now, now, now), kNotFound);
  EXPECT_EQ(AskForged(history, now, now, now, true), kNotFound);
}

TEST(OnMissingKey, CausesNoFetchWhileTheProviderFails) {
  const RefreshHistory history = FailedSince(kStart, 1);
  EXPECT_EQ(Ask(history, After(absl::Hours(1)), After(absl::Hours(1))),
            kUndecided);
  EXPECT_EQ(Ask(history, After(absl::Hours(1)), std::nullopt, true), kJoin);
}

TEST(AfterFetch, OwesAnotherFetchToATokenThatTheFetchMayHaveMissed) {
  RefreshHistory history = FetchedWell();
  history.last_attempt = After(absl::Seconds(50));  // has not ended
  const absl::Time seen = After(absl::Seconds(40));
  const absl::Time now = After(absl::Seconds(51));
  for (const Trigger cause :
       {Trigger::kUnknownKid, Trigger::kFailedSignature}) {
    EXPECT_EQ(AfterFetch(history, kLimits, {cause, seen}, seen, now), kOwe);
    history.last_success = After(absl::Seconds(41));
    EXPECT_EQ(AfterFetch(history, kLimits, {cause, seen}, seen, now),
              kNotFound);
    history.last_success = kStart;
  }
}

}  // namespace
}  // namespace usher::jwks
