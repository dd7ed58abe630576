#include "lib/verify/token_cache.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lib/base/text/strings.h"

namespace usher::verify {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

std::shared_ptr<const SignedClaims> Until(absl::Time end) {
  auto claims = std::make_shared<SignedClaims>();
  claims->claims.expires_at = end;
  return claims;
}

std::string Token(int i) {
  return base::StrCat("header.payload.signature-of-number-", i);
}

TEST(TokenCache, FindsExactlyTheTokenThatWasPut) {
  TokenCache cache({});
  const auto claims = Until(kNow + absl::Minutes(1));
  cache.Put(Token(1), claims, kNow);
  EXPECT_EQ(cache.Find(Token(1), kNow), claims);
  EXPECT_EQ(cache.Find(Token(2), kNow), nullptr);
  // The hash covers the tail only: the rest must be compared.
  std::string same_tail = std::string(128, 'x') + Token(1);
  cache.Put(same_tail, claims, kNow);
  same_tail[0] = 'y';
  EXPECT_EQ(cache.Find(same_tail, kNow), nullptr);
  EXPECT_EQ(cache.counts().hits, 1u);
  EXPECT_EQ(cache.counts().misses, 2u);
}

TEST(TokenCache, AnEntryEndsWithTheTokenOrTheLongestLife) {
  TokenCache cache({.longest_life = absl::Minutes(5)});
  cache.Put(Token(1), Until(kNow + absl::Minutes(1)), kNow);
  cache.Put(Token(2), Until(kNow + absl::Hours(1)), kNow);
  EXPECT_TRUE(cache.Find(Token(1), kNow + absl::Seconds(59)));
  EXPECT_FALSE(cache.Find(Token(1), kNow + absl::Seconds(60)));
  EXPECT_TRUE(cache.Find(Token(2), kNow + absl::Seconds(299)));
  EXPECT_FALSE(cache.Find(Token(2), kNow + absl::Seconds(300)));
  // A token that the provider vouches for may have no exp.
  cache.Put(Token(3), std::make_shared<SignedClaims>(), kNow);
  EXPECT_TRUE(cache.Find(Token(3), kNow + absl::Seconds(299)));
  EXPECT_FALSE(cache.Find(Token(3), kNow + absl::Seconds(300)));
  EXPECT_EQ(cache.counts().entries, 0u);
  EXPECT_EQ(cache.counts().bytes, 0u);
}

TEST(TokenCache, StaysWithinItsLimitOfEntries) {
  TokenCache cache({.entries = 640});
  for (int i = 0; i < 10000; ++i) {
    cache.Put(Token(i), Until(kNow + absl::Minutes(1)), kNow);
  }
  EXPECT_LE(cache.counts().entries, 640u);
  EXPECT_GE(cache.counts().evictions, 9000u);
}

TEST(TokenCache, StaysWithinItsLimitOfBytes) {
  TokenCache cache({.bytes = 1 << 20});
  for (int i = 0; i < 1000; ++i) {
    cache.Put(std::string(8000, 'x') + Token(i), Until(kNow + absl::Minutes(1)),
              kNow);
  }
  EXPECT_LE(cache.counts().bytes, size_t{1 << 20});
  EXPECT_GT(cache.counts().entries, 0u);
}

TEST(TokenCache, EvictsTheLeastRecentlyUsedFirst) {
  TokenCache cache({.entries = 128});  // two to a shard
  cache.Put(Token(0), Until(kNow + absl::Minutes(1)), kNow);
  for (int i = 1; i < 2000; ++i) {
    ASSERT_TRUE(cache.Find(Token(0), kNow)) << i;
    cache.Put(Token(i), Until(kNow + absl::Minutes(1)), kNow);
  }
}

TEST(TokenCache, OfNoEntriesKeepsNothing) {
  TokenCache cache({.entries = 0});
  cache.Put(Token(1), Until(kNow + absl::Minutes(1)), kNow);
  EXPECT_FALSE(cache.Find(Token(1), kNow));
}

TEST(TokenCache, ErasesOnlyThatToken) {
  TokenCache cache({});
  cache.Put(Token(1), Until(kNow + absl::Minutes(1)), kNow);
  cache.Put(Token(2), Until(kNow + absl::Minutes(1)), kNow);
  cache.Erase(Token(1));
  EXPECT_FALSE(cache.Find(Token(1), kNow));
  EXPECT_TRUE(cache.Find(Token(2), kNow));
}

TEST(TokenCache, ServesManyThreads) {
  TokenCache cache({.entries = 256});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 5000; ++i) {
        const std::string token = Token((i * 7 + t) % 600);
        if (!cache.Find(token, kNow)) {
          cache.Put(token, Until(kNow + absl::Minutes(1)), kNow);
        }
        if (i % 50 == 0) cache.Erase(token);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.counts().entries, 256u);
}

}  // namespace
}  // namespace usher::verify
