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

TEST(CacheDiscovery, NamesBothAddressesWhenNeitherHasMetadata) {
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

TEST(CacheDiscovery, WaitersSkipTheMetadata) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  world.clock.Advance(absl::Minutes(1));
  Ends ends;
  cache->AwaitKey(std::nullopt, absl::InfiniteFuture(), ends.One());
  world.http.Deliver();
  EXPECT_EQ(world.fetches(), 2);
  EXPECT_EQ(world.http.count(kOpenId), 1);
}

TEST(CacheDiscovery, ReadsTheMetadataAgainAfterAFailure) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  world.http.Answer(CacheFixture::kUrl, "gone", 404);
  world.http.Answer(
      kOpenId, Metadata(CacheFixture::kIssuer, "https://login.test/moved"));
  world.http.Answer("https://login.test/moved", JwksOf({"b"}));
  world.clock.Advance(absl::Minutes(1));
  Ends ends;
  cache->AwaitKey(std::nullopt, absl::InfiniteFuture(), ends.One());
  world.http.Deliver();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheDiscovery, ReadsTheMetadataAgainDuringALongStorm) {
  CacheFixture world;
  world.http.Answer(kOpenId, Metadata());
  world.http.Answer(CacheFixture::kUrl, JwksOf({"a"}));
  const auto cache = Started(world);
  Ends ends;
  for (int second = 0; second < 1800; ++second) {
    cache->AwaitKey(std::nullopt, absl::InfiniteFuture(), ends.One());
    world.Pass(absl::Seconds(1));
  }
  EXPECT_GE(world.http.count(kOpenId), 3);
}

}  // namespace
}  // namespace usher::jwks
