#include "client/guard/decide/verdict_cache.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);
const std::vector<std::string> kOrders = {"orders"};
const std::vector<std::string> kBilling = {"billing"};

MemoryBudget budget(1u << 30);

Caller CallerNamed(std::string name,
                   absl::Duration cache_for = absl::Seconds(30),
                   absl::Duration lives = absl::Hours(1)) {
  auto fields = testing::FieldsOf(std::move(name), kNow + lives);
  fields.cache_for = cache_for;
  return Caller(internal::TokenMint::Make(std::move(fields)));
}

// Puts `caller` under `key`, from a question sent at `sent`.
void Put(VerdictCache& cache, const base::TokenKey& key, Caller caller,
         absl::Time sent = kNow, absl::Time now = kNow) {
  cache.Put(key,
            KnownToken::Create(key.token(), std::move(caller), sent, 0, budget),
            now);
}

std::shared_ptr<const Denial> ADenial() {
  return std::make_shared<const Denial>(
      Denial{.reason = Reason::kSignatureInvalid, .message = "no"});
}

base::TokenKey Key(std::string_view token,
                   const std::vector<std::string>& audiences = kOrders) {
  return base::TokenKey(token).For(audiences);
}

TEST(VerdictCache, FindsExactlyTheTokenThatWasPut) {
  VerdictCache cache({});
  const std::string token = "header.payload.signature-of-some-length";
  Put(cache, Key(token), CallerNamed("alice"));
  EXPECT_EQ(cache.Find(Key(token), kNow).verified->caller()->subject(),
            "alice");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string other = token;
    other[i] ^= 1;
    EXPECT_FALSE(cache.Find(Key(other), kNow).known()) << i;
  }
  EXPECT_FALSE(cache.Find(Key(token + "x"), kNow).known());
  EXPECT_FALSE(cache.Find(Key(token.substr(1)), kNow).known());
  EXPECT_FALSE(cache.Find(Key(""), kNow).known());
}

TEST(VerdictCache, KeepsResultsForOtherAudiencesApart) {
  VerdictCache cache({});
  Put(cache, Key("t", kOrders), CallerNamed("alice"));
  cache.Put(Key("t", kBilling), ADenial(), kNow);
  EXPECT_NE(cache.Find(Key("t", kOrders), kNow).verified, nullptr);
  EXPECT_NE(cache.Find(Key("t", kBilling), kNow).denied, nullptr);
  EXPECT_FALSE(cache.Find(Key("t", {"orders", "billing"}), kNow).known());
  EXPECT_FALSE(cache.Find(Key("t", {"ordersbilling"}), kNow).known());
  EXPECT_FALSE(cache.Find(Key("t", {}), kNow).known());
}

TEST(VerdictCache, CountsTheLifeOfAVerifiedTokenFromTheRequest) {
  VerdictCache cache({});
  const absl::Time sent = kNow - absl::Seconds(10);
  Put(cache, Key("t"), CallerNamed("alice", absl::Seconds(30)), sent);
  EXPECT_TRUE(cache.Find(Key("t"), sent + absl::Seconds(29)).known());
  EXPECT_FALSE(cache.Find(Key("t"), sent + absl::Seconds(30)).known());
}

TEST(VerdictCache, KeepsNoTokenBeyondItsExpiry) {
  VerdictCache cache({});
  Put(cache, Key("t"), CallerNamed("a", absl::Hours(1), absl::Seconds(5)));
  EXPECT_TRUE(cache.Find(Key("t"), kNow + absl::Seconds(4)).known());
  EXPECT_FALSE(cache.Find(Key("t"), kNow + absl::Seconds(5)).known());
}

TEST(VerdictCache, KeepsAVerifiedTokenWithoutExpiryForItsCacheTime) {
  VerdictCache cache({});
  internal::TokenMint::Fields fields;
  fields.cache_for = absl::Seconds(30);
  Put(cache, Key("t"), Caller(internal::TokenMint::Make(std::move(fields))));
  EXPECT_TRUE(cache.Find(Key("t"), kNow + absl::Seconds(29)).known());
  EXPECT_FALSE(cache.Find(Key("t"), kNow + absl::Seconds(30)).known());
}

TEST(VerdictCache, KeepsNoTokenThatMayNotBeCached) {
  VerdictCache cache({});
  Put(cache, Key("zero"), CallerNamed("a", absl::ZeroDuration()));
  Put(cache, Key("late"), CallerNamed("a", absl::Seconds(30)),
      kNow - absl::Minutes(1));
  Put(cache, Key("gone"),
      CallerNamed("a", absl::Seconds(30), -absl::Seconds(1)));
  EXPECT_EQ(cache.verified_counts().entries, 0u);
}

TEST(VerdictCache, KeepsADenialForFiveSeconds) {
  VerdictCache cache({});
  cache.Put(Key("t"), ADenial(), kNow);
  EXPECT_NE(cache.Find(Key("t"), kNow + absl::Seconds(4)).denied, nullptr);
  EXPECT_FALSE(cache.Find(Key("t"), kNow + absl::Seconds(5)).known());
}

TEST(VerdictCache, ReplacesAVerdictAtOnce) {
  VerdictCache cache({});
  Put(cache, Key("t"), CallerNamed("alice"));
  cache.Put(Key("t"), ADenial(), kNow);
  EXPECT_EQ(cache.Find(Key("t"), kNow).verified, nullptr);
  EXPECT_NE(cache.Find(Key("t"), kNow).denied, nullptr);
  Put(cache, Key("t"), CallerNamed("alice"));
  EXPECT_NE(cache.Find(Key("t"), kNow).verified, nullptr);
  Put(cache, Key("t"), CallerNamed("alice", absl::ZeroDuration()));
  EXPECT_EQ(cache.Find(Key("t"), kNow).verified, nullptr)
      << "the new verdict may not be kept, and the old one is out of date";
}

TEST(VerdictCache, LosesNoGoodTokenToAFloodOfBadOnes) {
  VerdictCache cache({});
  for (int i = 0; i < 1000; ++i) {
    Put(cache, Key(base::StrCat("good-", i)), CallerNamed("a"));
  }
  const std::string padding(1000, 'x');
  for (int i = 0; i < 100'000; ++i) {
    cache.Put(Key(base::StrCat("bad-", i, padding)), ADenial(), kNow);
  }
  EXPECT_LE(cache.denied_counts().entries, 8'192u);
  EXPECT_LE(cache.denied_counts().bytes, 16u << 20);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(cache.Find(Key(base::StrCat("good-", i)), kNow).known()) << i;
  }
}

TEST(VerdictCache, StaysWithinItsLimits) {
  VerdictCache cache({.verified = {640, 1u << 20}});
  for (int i = 0; i < 10'000; ++i) {
    Put(cache, Key(base::StrCat("token-", i)), CallerNamed("a"));
  }
  EXPECT_LE(cache.verified_counts().entries, 640u);
  EXPECT_GT(cache.verified_counts().entries, 600u);
  const std::string wide(8'000, 'x');
  for (int i = 0; i < 10'000; ++i) {
    Put(cache, Key(base::StrCat(wide, i)), CallerNamed("a"));
  }
  EXPECT_LE(cache.verified_counts().bytes, 1u << 20);
  EXPECT_GT(cache.verified_counts().entries, 0u);
  const std::string huge(16'384, 'x');  // more than a shard's share
  Put(cache, Key(huge), CallerNamed("a"));
  EXPECT_FALSE(cache.Find(Key(huge), kNow).known());
}

TEST(VerdictCache, EvictsTheLeastRecentlyUsedToken) {
  VerdictCache cache({.verified = {640, 64u << 20}});
  Put(cache, Key("mine"), CallerNamed("a"));
  for (int i = 0; i < 5'000; ++i) {
    Put(cache, Key(base::StrCat("token-", i)), CallerNamed("a"));
    ASSERT_TRUE(cache.Find(Key("mine"), kNow).known()) << i;
  }
}

TEST(VerdictCache, TellsTokensWithTheSameHashApart) {
  VerdictCache cache({});
  const std::string token(900, 'a');
  std::string other = token;
  other[450] = 'b';
  ASSERT_EQ(base::TokenKey(token).hash(), base::TokenKey(other).hash());
  Put(cache, Key(token), CallerNamed("a"));
  EXPECT_FALSE(cache.Find(Key(other), kNow).known());
  cache.Put(Key(other), ADenial(), kNow);
  EXPECT_NE(cache.Find(Key(token), kNow).verified, nullptr)
      << "a denial evicts no verified token";
  EXPECT_NE(cache.Find(Key(other), kNow).denied, nullptr);
}

}  // namespace
}  // namespace usher::guard
