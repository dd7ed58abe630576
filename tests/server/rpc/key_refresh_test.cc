#include "server/rpc/key_refresh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/executor.h"
#include "lib/issuer/registry.h"
#include "server/stats/counters.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> KidsOf(
    const google::protobuf::RepeatedPtrField<v1::KeyStatus>& keys) {
  std::vector<std::string> out;
  for (const v1::KeyStatus& key : keys) out.push_back(key.key_id());
  return out;
}

std::string NameOfIssuer(size_t i) { return "issuer-" + std::to_string(i); }
std::string UrlOf(size_t i) { return "https://keys.test/" + NameOfIssuer(i); }

// Issuers of the same keys, all fetched once.
struct Refreshing {
  explicit Refreshing(size_t count) : issuers(Build(count)) {
    for (size_t i = 0; i < count; ++i) http.Answer(UrlOf(i), issuer.Jwks());
    scheduler.Advance(absl::Seconds(30));
    http.Deliver();
  }

  std::unique_ptr<const issuer::Registry> Build(size_t count) {
    std::vector<issuer::Config> configs(count);
    for (size_t i = 0; i < count; ++i) {
      configs[i].name = NameOfIssuer(i);
      configs[i].issuer = "https://" + NameOfIssuer(i) + ".test";
      configs[i].audiences = {"orders"};
      configs[i].keys = jwks::JwksUrl{UrlOf(i)};
    }
    return issuer::Registry::Build(
        std::move(configs), nullptr,
        {{http, scheduler, executor, clock, counters},
         http,
         answers,
         counters});
  }

  void Begin() {
    RefreshKeys(
        issuers->issuers(), clock, shared, [this] { return is_cancelled; },
        [this](v1::RefreshKeysResponse response) {
          responses.push_back(std::move(response));
        });
  }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  testing::FakeHttp http;
  base::InlineExecutor executor;
  testing::TestIssuer issuer{clock};
  Counters counters{std::vector<std::string>{}};
  introspect::AnswerCache answers{introspect::AnswerCache::Limits()};
  std::unique_ptr<const issuer::Registry> issuers;
  SharedRefresh shared{clock, scheduler};
  bool is_cancelled = false;
  std::vector<v1::RefreshKeysResponse> responses;
};

TEST(RefreshKeys, ReportsAddedAndRemovedKeys) {
  Refreshing refreshing(1);
  refreshing.issuer.Rotate({.keep_old = false});
  refreshing.http.Answer(UrlOf(0), refreshing.issuer.Jwks());
  refreshing.Begin();
  EXPECT_THAT(refreshing.responses, IsEmpty())
      << "answered before it had fetched";
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  ASSERT_EQ(refreshing.responses[0].issuers_size(), 1);
  const v1::RefreshedIssuer& issuer = refreshing.responses[0].issuers(0);
  EXPECT_EQ(issuer.name(), "issuer-0");
  EXPECT_FALSE(issuer.has_error());
  EXPECT_THAT(KidsOf(issuer.keys()), ElementsAre("key-2"));
  EXPECT_THAT(KidsOf(issuer.added()), ElementsAre("key-2"));
  EXPECT_THAT(KidsOf(issuer.removed()), ElementsAre("key-1"));
}

TEST(RefreshKeys, ReportsNoChangeWhereThereIsNone) {
  Refreshing refreshing(1);
  refreshing.Begin();
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  EXPECT_THAT(KidsOf(refreshing.responses[0].issuers(0).keys()),
              ElementsAre("key-1"));
  EXPECT_THAT(refreshing.responses[0].issuers(0).added(), IsEmpty());
  EXPECT_THAT(refreshing.responses[0].issuers(0).removed(), IsEmpty());
}

TEST(RefreshKeys, KeepsTheOldKeysOfAnIssuerThatCannotBeReached) {
  Refreshing refreshing(2);
  refreshing.http.Fail(UrlOf(0), absl::UnavailableError("no route"));
  refreshing.Begin();
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  EXPECT_THAT(refreshing.responses[0].issuers(0).error(),
              HasSubstr("no route"));
  EXPECT_THAT(KidsOf(refreshing.responses[0].issuers(0).keys()),
              ElementsAre("key-1"));
  EXPECT_FALSE(refreshing.responses[0].issuers(1).has_error());
}

TEST(RefreshKeys, FetchesAFewAtATimeAndAnswersInOrder) {
  constexpr size_t kMany = 3 * kMaxConcurrentFetches + 1;
  Refreshing refreshing(kMany);
  refreshing.Begin();
  EXPECT_EQ(refreshing.http.waiting(), kMaxConcurrentFetches);
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  ASSERT_EQ(refreshing.responses[0].issuers_size(), static_cast<int>(kMany));
  for (size_t i = 0; i < kMany; ++i) {
    const auto& issuer = refreshing.responses[0].issuers(static_cast<int>(i));
    EXPECT_EQ(issuer.name(), NameOfIssuer(i));
    EXPECT_FALSE(issuer.has_error()) << issuer.error();
    EXPECT_EQ(refreshing.http.count(UrlOf(i)), 2) << i;
  }
}

TEST(RefreshKeys, StartsNoMoreFetchesOnceTheCallIsCancelled) {
  Refreshing refreshing(kMaxConcurrentFetches + 2);
  refreshing.Begin();
  refreshing.is_cancelled = true;
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  for (size_t i = 0; i < kMaxConcurrentFetches + 2; ++i) {
    const auto& issuer = refreshing.responses[0].issuers(static_cast<int>(i));
    EXPECT_EQ(issuer.has_error(), i >= kMaxConcurrentFetches) << i;
    EXPECT_EQ(refreshing.http.count(UrlOf(i)),
              i < kMaxConcurrentFetches ? 2 : 1);
  }
}

// The first call fetches at once. Those within 5 s share the next fetch.
TEST(RefreshKeys, ShareOneFetchWhereTheyComeWithin5Seconds) {
  Refreshing refreshing(1);
  const int before = refreshing.http.count(UrlOf(0));
  refreshing.Begin();
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  for (int i = 0; i < 40; ++i) {
    refreshing.scheduler.Advance(absl::Milliseconds(100));
    refreshing.Begin();
  }
  EXPECT_EQ(refreshing.http.count(UrlOf(0)), before + 1);
  EXPECT_EQ(refreshing.responses.size(), 1u);
  refreshing.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(refreshing.http.count(UrlOf(0)), before + 2);
  refreshing.http.Deliver();
  EXPECT_EQ(refreshing.responses.size(), 41u);
  for (const auto& response : refreshing.responses) {
    EXPECT_FALSE(response.issuers(0).has_error());
  }
}

TEST(RefreshKeys, AnswerFromAFetchThatBeganAfterTheCall) {
  Refreshing refreshing(1);
  refreshing.Begin();
  // While that fetch is under way, the provider changes its keys.
  refreshing.scheduler.Advance(absl::Milliseconds(10));
  refreshing.issuer.Rotate({.keep_old = false});
  refreshing.Begin();
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  refreshing.http.Answer(UrlOf(0), refreshing.issuer.Jwks());
  refreshing.scheduler.Advance(absl::Seconds(5));
  refreshing.http.Deliver();
  ASSERT_EQ(refreshing.responses.size(), 2u);
  EXPECT_THAT(KidsOf(refreshing.responses[1].issuers(0).keys()),
              ElementsAre("key-2"));
}

TEST(RefreshKeys, FetchAtOnceAgainAfter5Seconds) {
  Refreshing refreshing(1);
  for (size_t i = 1; i <= 3; ++i) {
    refreshing.Begin();
    refreshing.http.Deliver();
    EXPECT_EQ(refreshing.responses.size(), i);
    refreshing.scheduler.Advance(absl::Seconds(5));
  }
}

TEST(RefreshKeys, DoNotWaitForOtherIssuers) {
  Refreshing refreshing(2);
  refreshing.Begin();
  refreshing.http.Deliver();
  const auto one = refreshing.issuers->issuers()[0];
  refreshing.scheduler.Advance(absl::Seconds(5));
  int ended = 0;
  refreshing.shared.Refresh(one->keys()->shared_from_this(),
                            [&](const absl::Status&) { ++ended; });
  refreshing.http.Deliver();
  EXPECT_EQ(ended, 1);
  const auto other = refreshing.issuers->issuers()[1];
  refreshing.shared.Refresh(other->keys()->shared_from_this(),
                            [&](const absl::Status&) { ++ended; });
  refreshing.http.Deliver();
  EXPECT_EQ(ended, 2);
}

TEST(RefreshKeys, EndWhenTheServiceStops) {
  Refreshing refreshing(1);
  refreshing.Begin();
  refreshing.http.Deliver();
  refreshing.Begin();
  EXPECT_EQ(refreshing.responses.size(), 1u);
  refreshing.shared.Stop();
  ASSERT_EQ(refreshing.responses.size(), 2u);
  EXPECT_THAT(refreshing.responses[1].issuers(0).error(),
              HasSubstr("stopping"));
  refreshing.Begin();
  EXPECT_EQ(refreshing.responses.size(), 3u);
}

TEST(RefreshKeys, EndsAtOnceWithoutIssuers) {
  Refreshing refreshing(0);
  refreshing.Begin();
  ASSERT_EQ(refreshing.responses.size(), 1u);
  EXPECT_THAT(refreshing.responses[0].issuers(), IsEmpty());
}

}  // namespace
}  // namespace usher::server
