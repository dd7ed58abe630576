// Keys found through the issuer's metadata.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using ::testing::AllOf;
using testing::CacheFixture;
using ::testing::ElementsAre;
using testing::Ends;
using ::testing::HasSubstr;
using testing::JwksOf;
using testing::KeysOf;
using testing::KidsOf;
using ::testing::Optional;

constexpr char kOpenId[] =
    "https://login.test/.well-known/openid-configuration";
constexpr char kOAuth[] =
    "https://login.test/.well-known/oauth-authorization-server";

std::string Metadata(const std::string& issuer = CacheFixture::kIssuer,
                     const std::string& jwks_uri = CacheFixture::kUrl) {
  return R"({"issuer":")" + issuer + R"(","jwks_uri":")" + jwks_uri + "\"}";
}

std::shared_ptr<Cache> Started(CacheFixture& world) {
  auto cache = world.Make(Discovery{});
  cache->Start();
  world.http.Deliver();
  return cache;
}

TEST(CacheDiscovery, FindsTheKeysThroughOpenIdMetadata) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_EQ(world.http.count(kOAuth), 0);
}

TEST(CacheDiscovery, FallsBackToOAuthMetadata) {
  CacheFixture world;
  world.http.Answer(kOpenId, "not here", 404);
  world.http.Answer(kOAuth, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  EXPECT_THAT(KidsOf(*Started(world)), ElementsAre("a"));
}

TEST(CacheDiscovery, DoesNotFallBackWhenTheProviderIsDown) {
  CacheFixture world;
  world.http.Answer(kOpenId, "", 503);
  world.http.Answer(kOAuth, Metadata());
  const auto cache = Started(world);
  EXPECT_EQ(world.http.count(kOAuth), 0);
  EXPECT_EQ(cache->Status().failures, 1);
}

TEST(CacheDiscovery, NamesEveryAddressWhenNoneHasMetadata) {
  CacheFixture world;
  world.http.Answer(kOpenId, "", 404);
  world.http.Answer(kOAuth, "", 410);
  EXPECT_THAT(Started(world)->Status().last_error,
              Optional(AllOf(HasSubstr(kOpenId), HasSubstr("404"),
                             HasSubstr(kOAuth), HasSubstr("410"))));
}

TEST(CacheDiscovery, RefusesTheMetadataOfAnotherIssuer) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata("https://login.test/"));
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  EXPECT_EQ(world.fetches(), 0);
  EXPECT_EQ(KeysOf(*cache).fetched_at, std::nullopt);
  EXPECT_THAT(cache->Status().last_error, Optional(HasSubstr("byte for byte")));
}

TEST(CacheDiscovery, FetchesNoKeysOverPlainHttp) {
  CacheFixture world;
  world.http.Answer(kOpenId,
                    Metadata(CacheFixture::kIssuer, "http://login.test/jwks"));
  const auto cache = Started(world);
  EXPECT_EQ(world.http.count("http://login.test/jwks"), 0);
  EXPECT_THAT(cache->Status().last_error, Optional(HasSubstr("https://")));
}

TEST(CacheDiscovery, WaitersSkipTheMetadataWhereTheKeysAreNew) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a", "b"}));
  world.clock.Advance(absl::Minutes(1));
  Ends ends;
  cache->AwaitKey({}, absl::InfiniteFuture(), ends.One());
  world.http.Deliver();
  EXPECT_EQ(world.fetches(), 2);
  EXPECT_EQ(world.http.count(kOpenId), 1);
}

constexpr char kMoved[] = "https://login.test/moved";

// The provider has moved its key set, and the old address answers so.
void Move(CacheFixture& world) {
  world.http.Answer(kOpenId, Metadata(CacheFixture::kIssuer, kMoved));
  world.http.Answer(kMoved, JwksOf({"b"}));
}

void AskForAKey(CacheFixture& world, Cache& cache) {
  Ends ends;
  cache.AwaitKey({}, absl::InfiniteFuture(), ends.One());
  world.http.Deliver();
}

TEST(CacheDiscovery, LooksTheAddressUpAgainWhereAKeyIsNotFound) {
  for (const int status : {200, 404}) {
    CacheFixture world;
    world.http.Answer(kOpenId, Metadata());
    world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
    const auto cache = Started(world);
    world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}), status);
    Move(world);
    world.clock.Advance(absl::Minutes(1));
    AskForAKey(world, *cache);
    EXPECT_THAT(KidsOf(*cache), ElementsAre("b")) << status;
    EXPECT_EQ(world.http.count(kOpenId), 2) << status;
  }
}

TEST(CacheDiscovery, LooksTheAddressUpAtMostOnceAMinuteForTokens) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  for (int second = 0; second < 300; ++second) {
    AskForAKey(world, *cache);
    world.Pass(absl::Seconds(1));
  }
  EXPECT_LE(world.http.count(kOpenId), 1 + 5);
  EXPECT_GE(world.http.count(kOpenId), 1 + 4);
  EXPECT_GE(world.fetches(), 300 / 5);
}

TEST(CacheDiscovery, KeepsTheKeysWhereTheMetadataCannotBeReadAgain) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  world.http.Answer(kOpenId, "", 503);
  world.clock.Advance(absl::Minutes(1));
  AskForAKey(world, *cache);
  EXPECT_EQ(cache->Status().failures, 0);
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
}

TEST(CacheDiscovery, ReadsTheMetadataAgainAfterAFailure) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  world.http.Fail(CacheFixture::kUrl, absl::UnavailableError("refused"));
  Move(world);
  world.clock.Advance(absl::Minutes(1));
  AskForAKey(world, *cache);
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheDiscovery, GoesOnWhereAnAddressHasSomethingElse) {
  CacheFixture world;
  world.http.Answer(kOpenId, "<html>Welcome</html>");
  world.http.Answer(kOAuth, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  EXPECT_THAT(KidsOf(*Started(world)), ElementsAre("a"));
}

TEST(CacheDiscovery, NamesTheTargetOfARedirect) {
  CacheFixture world;
  for (const char* url : {kOpenId, kOAuth}) {
    world.http.Answer(url, "", 301, {{"location", "https://new.test/x"}});
  }
  EXPECT_THAT(Started(world)->Status().last_error,
              Optional(HasSubstr("a redirect to \"https://new.test/x\"")));
}

TEST(CacheDiscovery, ReadsTheMetadataAtAnotherAddress) {
  constexpr char kElsewhere[] = "https://cdn.test/metadata.json";
  CacheFixture world;
  world.http.Answer(kElsewhere, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = world.Make(Discovery{kElsewhere});
  cache->Start();
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_EQ(world.http.count(kOpenId), 0);
  // The issuer must be the configured one there too.
  world.http.Answer(kElsewhere, Metadata("https://evil.test"));
  const auto other = world.Make(Discovery{kElsewhere});
  other->Start();
  world.http.Deliver();
  EXPECT_THAT(other->Status().last_error, Optional(HasSubstr("byte for byte")));
}

TEST(CacheDiscovery, ReadsTheMetadataAgainDuringALongStorm) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  Ends ends;
  for (int second = 0; second < 1800; ++second) {
    cache->AwaitKey({}, absl::InfiniteFuture(), ends.One());
    world.Pass(absl::Seconds(1));
  }
  EXPECT_GE(world.http.count(kOpenId), 20);
}

}  // namespace
}  // namespace usher::jwks
