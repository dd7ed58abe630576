#include "lib/jwks/cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using ::testing::AllOf;
using testing::CacheFixture;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JwksOf;
using testing::KeysOf;
using testing::KidsOf;
using ::testing::Le;
using ::testing::Optional;
using ::testing::Pair;

TEST(Cache, ServesNoKeysBeforeTheFirstFetch) {
  CacheFixture world;
  const auto cache = world.Make();
  EXPECT_FALSE(KeysOf(*cache).UsableAt(world.clock.Now()));
  EXPECT_EQ(KeysOf(*cache).fetched_at, std::nullopt);
  cache->Start();
  EXPECT_FALSE(KeysOf(*cache).UsableAt(world.clock.Now()));
  EXPECT_EQ(world.fetches(), 1);
}

TEST(Cache, ServesTheKeysOfTheResponse) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a", "b"});
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a", "b"));
  const auto served = cache->Keys();
  const absl::Time now = world.clock.Now();
  EXPECT_TRUE(served->UsableAt(now));
  EXPECT_FALSE(served->StaleAt(now));
  EXPECT_EQ(served->fetched_at, now);
  EXPECT_EQ(served->fresh_until, now + absl::Minutes(10));
  EXPECT_EQ(served->usable_until, now + absl::Minutes(10) + absl::Hours(4));
  EXPECT_EQ(served->generation, 1u);
}

TEST(Cache, StartsOnlyOnce) {
  CacheFixture world;
  const auto cache = world.Make();
  cache->Start();
  cache->Start();
  EXPECT_EQ(world.fetches(), 1);
}

TEST(Cache, DelaysTheFirstFetchIfAsked) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = world.Make();
  cache->Start(absl::Seconds(7));
  world.Pass(absl::Seconds(6));
  EXPECT_EQ(world.fetches(), 0);
  world.Pass(absl::Seconds(1));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_THAT(world.observer.fetches(),
              ElementsAre(Pair(Trigger::kStartup, true)));
}

TEST(Cache, ATokenEndsTheDelayOfTheFirstFetch) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = world.Make();
  cache->Start(absl::Hours(1));
  testing::Ends ends;
  EXPECT_EQ(cache->AwaitKey({}, absl::InfiniteFuture(), ends.One()),
            std::nullopt);
  world.http.Deliver();
  EXPECT_THAT(ends.list, ElementsAre(Cache::Outcome::kRefreshed));
  EXPECT_EQ(world.fetches(), 1);
}

TEST(Cache, RefreshesBeforeTheKeysAreStale) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  const absl::Time start = world.clock.Now();
  EXPECT_THAT(
      cache->Status().next_refresh,
      Optional(AllOf(Ge(start + absl::Minutes(9)),
                     Le(start + absl::Minutes(10) - absl::Seconds(30)))));
  for (int i = 0; i < 3600; ++i) {
    world.Pass(absl::Seconds(1));
    ASSERT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now())) << i;
  }
  EXPECT_GE(world.fetches(), 6);
  EXPECT_LE(world.fetches(), 8);
}

TEST(Cache, HonoursMaxAgeWithinTheLimits) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}), 200,
                    {{"cache-control", "max-age=1800"}});
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  EXPECT_EQ(KeysOf(*cache).fresh_until, world.clock.Now() + absl::Minutes(30));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}), 200,
                    {{"cache-control", "max-age=0"}});
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_EQ(KeysOf(*cache).fresh_until, world.clock.Now() + absl::Minutes(1));
}

TEST(Cache, CountsFreshnessFromTheStartOfTheFetch) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = world.Make();
  const absl::Time began = world.clock.Now();
  cache->Start();
  world.clock.Advance(absl::Seconds(4));
  world.http.Deliver();
  EXPECT_EQ(KeysOf(*cache).fetched_at, began);
  EXPECT_EQ(KeysOf(*cache).fresh_until, began + absl::Minutes(10));
}

TEST(Cache, FollowsARotation) {
  CacheFixture world;
  const auto cache = world.MakeWith({"old"});
  world.http.Answer(CacheFixture::kUrl, JwksOf({"old", "new"}));
  world.Pass(absl::Minutes(10));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("old", "new"));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"new"}));
  world.Pass(absl::Minutes(10));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("new"));
  EXPECT_THAT(world.observer.changes(), ElementsAre(1, 2, 1));
}

TEST(Cache, KeepsTheSameKeyObjectsWhenNothingChanged) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  const uint64_t serial = KeysOf(*cache).keys.keys()[0].serial();
  world.Pass(absl::Minutes(10));
  EXPECT_EQ(KeysOf(*cache).generation, 2u);
  EXPECT_EQ(KeysOf(*cache).keys.keys()[0].serial(), serial);
  EXPECT_THAT(world.observer.changes(), ElementsAre(1));
}

TEST(Cache, RemembersWhenEachKeyWasFirstSeen) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  const absl::Time first = world.clock.Now();
  world.clock.Advance(absl::Minutes(1));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"b", "a"}));
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_THAT(cache->Status().first_seen,
              ElementsAre(first + absl::Minutes(1), first));
}

TEST(Cache, KeepsGoodKeysWhenAResponseHasNone) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  const std::vector<std::pair<int, std::string>> answers = {
      {200, ""},
      {200, "{}"},
      {200, "<html>"},
      {200, R"({"keys":[]})"},
      {204, ""},
      {404, JwksOf({"b"})},
      {500, "oops"},
      {301, ""},
      {200, R"({"keys":[{"kty":"oct","k":"AAAA"}]})"},
  };
  for (const auto& [status, body] : answers) {
    world.http.Answer(CacheFixture::kUrl, body, status);
    absl::Status result;
    cache->Refresh([&](absl::Status told) { result = told; });
    world.http.Deliver();
    EXPECT_FALSE(result.ok()) << status << " " << body;
    EXPECT_THAT(KidsOf(*cache), ElementsAre("a")) << status << " " << body;
  }
  EXPECT_EQ(cache->Status().failures, static_cast<int>(answers.size()));
  EXPECT_TRUE(KeysOf(*cache).UsableAt(world.clock.Now()));
}

TEST(Cache, ReportsTheErrorAndTheAddress) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  world.http.Answer(CacheFixture::kUrl, "", 503);
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_THAT(cache->Status().last_error,
              Optional(AllOf(HasSubstr(CacheFixture::kUrl), HasSubstr("503"))));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_EQ(cache->Status().last_error, std::nullopt);
  EXPECT_EQ(cache->Status().failures, 0);
}

TEST(Cache, FetchesWithTheOptionsOfTheIssuer) {
  CacheFixture world;
  http::FetchOptions asked;
  world.http.On(CacheFixture::kUrl, [&](const http::Request& request) {
    asked = request.options;
    http::Response response;
    response.status = 200;
    response.body = JwksOf({"a"});
    return response;
  });
  http::FetchOptions options;
  options.ca_pem = "-----BEGIN CERTIFICATE-----";
  options.proxy = "http://proxy:3128";
  options.insecure_allow_private_addresses = true;
  const auto cache = Cache::Create({.issuer_name = "corp",
                                    .issuer = CacheFixture::kIssuer,
                                    .source = JwksUrl{CacheFixture::kUrl},
                                    .fetch = options,
                                    .limits = {}},
                                   world.parts());
  cache->Start();
  world.http.Deliver();
  EXPECT_EQ(asked, options);
}

TEST(CacheRefresh, DoesNotJoinAnEarlierFetch) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = world.Make();
  cache->Start();
  std::vector<bool> told;
  cache->Refresh([&](absl::Status status) { told.push_back(status.ok()); });
  cache->Refresh([&](absl::Status status) { told.push_back(status.ok()); });
  EXPECT_EQ(world.fetches(), 1);
  world.http.Deliver();
  EXPECT_EQ(world.fetches(), 2);  // one more for both
  EXPECT_THAT(told, ElementsAre(true, true));
  EXPECT_THAT(
      world.observer.fetches(),
      ElementsAre(Pair(Trigger::kStartup, true), Pair(Trigger::kManual, true)));
}

TEST(CacheRefresh, IgnoresTheCooldown) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a"});
  for (int i = 0; i < 3; ++i) {
    cache->Refresh([](absl::Status) {});
    world.http.Deliver();
  }
  EXPECT_EQ(world.fetches(), 4);
}

TEST(CacheRefresh, FailsBeforeStart) {
  CacheFixture world;
  const auto cache = world.Make();
  absl::Status told;
  cache->Refresh([&](absl::Status status) { told = status; });
  EXPECT_EQ(told.code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Cache, ServesInlineKeysAtOnceAndAlways) {
  CacheFixture world;
  const auto cache = world.Make(InlineKeys{JwksOf({"a"})});
  cache->Start();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  world.Pass(absl::Hours(100), absl::Hours(1));
  EXPECT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_EQ(cache->Status().next_refresh, std::nullopt);
  EXPECT_EQ(cache->OutcomeNow({}), Cache::Outcome::kNotFound);
  EXPECT_EQ(cache->SourceText(), "inline");
}

TEST(Cache, AnotherOrderOfTheSameKeysIsNoChange) {
  CacheFixture world;
  const auto cache = world.MakeWith({"a", "b"});
  const uint64_t serial = KeysOf(*cache).keys.keys()[0].serial();
  world.http.Answer(CacheFixture::kUrl, JwksOf({"b", "a"}));
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b", "a"));
  EXPECT_EQ(KeysOf(*cache).keys.keys()[1].serial(), serial);
  EXPECT_THAT(world.observer.changes(), ElementsAre(2));
}

TEST(Cache, ReportsUnusableKeysOnceUntilTheyChange) {
  CacheFixture world;
  const auto with = [](const std::string& key) {
    std::string jwks = JwksOf({"a"});
    return jwks.insert(jwks.find('[') + 1, key + ",");
  };
  world.http.Answer(CacheFixture::kUrl, with(R"({"kty":"new","kid":"b"})"));
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_THAT(world.observer.unusable(),
              ElementsAre("keys[0] (kid \"b\"): kty is none of RSA, EC, OKP"));
  world.http.Answer(CacheFixture::kUrl, with(R"({"kty":"oct","kid":"c"})"));
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_EQ(world.observer.unusable().size(), 2u);
  EXPECT_THAT(world.observer.changes(), ElementsAre(1));
}

TEST(Cache, ReportsKeysThatNoTokenCanSelectWhenTheyChange) {
  CacheFixture world;
  const auto keys = [](size_t count, const char* x) {
    std::string jwks = R"({"keys":[)";
    for (size_t i = 0; i < count; ++i) {
      jwks += base::StrCat(i == 0 ? "" : ",",
                           R"({"kty":"OKP","crv":"Ed25519","x":")", x, R"("})");
    }
    return jwks + "]}";
  };
  constexpr char kOne[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  constexpr char kOther[] = "RCLqMaE1t9d_BtxvoDjUGNIQPyYiO_K8ZzFONUlFDJM";
  world.http.Answer(CacheFixture::kUrl, keys(33, kOne));
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_THAT(world.observer.ambiguous(),
              ElementsAre(HasSubstr("33 keys without kid fit Ed25519")));
  world.http.Answer(CacheFixture::kUrl, keys(32, kOther));
  cache->Refresh([](absl::Status) {});
  world.http.Deliver();
  EXPECT_EQ(world.observer.ambiguous().size(), 1u);
  EXPECT_EQ(world.observer.changes().size(), 2u);
}

TEST(Cache, WaitsAsLongAsTheProviderAskedFor) {
  CacheFixture world;
  world.http.Answer(CacheFixture::kUrl, "", 429, {{"retry-after", "300"}});
  const auto cache = world.Make();
  cache->Start();
  world.http.Deliver();
  testing::Ends ends;
  for (int second = 0; second < 59; ++second) {
    EXPECT_EQ(cache->AwaitKey({.issued_at = world.clock.Now()},
                              absl::InfiniteFuture(), ends.One()),
              Cache::Outcome::kUndecided);
    world.Pass(absl::Seconds(1));
  }
  EXPECT_EQ(world.fetches(), 1);
  EXPECT_LE(cache->DelayNow().retry_after, absl::Seconds(2));
  world.Pass(absl::Seconds(2));
  EXPECT_EQ(world.fetches(), 2);
}

TEST(Cache, GivesEachRequestTheConfiguredTime) {
  CacheFixture world;
  jwks::RefreshLimits limits;
  limits.timeout = absl::Seconds(9);
  absl::Duration given;
  world.http.On(CacheFixture::kUrl, [&](const http::Request& request) {
    given = request.timeout;
    return absl::UnavailableError("down");
  });
  const auto cache = world.Make(JwksUrl{CacheFixture::kUrl}, limits);
  cache->Start();
  world.http.Deliver();
  EXPECT_EQ(given, absl::Seconds(9));
}

TEST(Cache, DescribesItsSource) {
  CacheFixture world;
  EXPECT_EQ(world.Make(Discovery{"https://login.test/m"})->SourceText(),
            "discovery_url https://login.test/m");
  EXPECT_EQ(world.Make(Discovery{})->SourceText(), "discovery");
  EXPECT_EQ(world.Make()->SourceText(), "jwks_url https://login.test/jwks");
  EXPECT_EQ(world.Make(JwksFile{"/etc/keys"})->SourceText(),
            "jwks_file /etc/keys");
}

}  // namespace
}  // namespace usher::jwks
