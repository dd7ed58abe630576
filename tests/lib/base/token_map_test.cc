#include "lib/base/token_map.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/base/text/strings.h"

namespace usher::base {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);
const absl::Time kLater = kNow + absl::Minutes(1);

std::shared_ptr<const int> Value(int value) {
  return std::make_shared<const int>(value);
}

TEST(TokenMap, KeepsOneValueForEachSetOfAudiences) {
  TokenMap<int> map({100, 1 << 20});
  const std::string orders[] = {"orders"};
  const std::string billing[] = {"billing"};
  const TokenKey token("token");
  map.Put(token.For(orders), Value(1), 4, kLater);
  EXPECT_EQ(*map.Find(token.For(orders), kNow), 1);
  EXPECT_EQ(map.Find(token.For(billing), kNow), nullptr);
  EXPECT_EQ(map.Find(token, kNow), nullptr);
}

TEST(TokenMap, ReplacesAnotherTokenWithTheSameHash) {
  TokenMap<int> map({100, 1 << 20});
  const std::string tail(64, 't');
  const std::string one = "1" + tail;
  const std::string two = "2" + tail;
  ASSERT_EQ(TokenKey(one).hash(), TokenKey(two).hash());
  map.Put(TokenKey(one), Value(1), 4, kLater);
  EXPECT_EQ(map.Find(TokenKey(two), kNow), nullptr);
  map.Erase(TokenKey(two));
  EXPECT_NE(map.Find(TokenKey(one), kNow), nullptr);
  map.Put(TokenKey(two), Value(2), 4, kLater);
  EXPECT_EQ(map.Find(TokenKey(one), kNow), nullptr);
  EXPECT_EQ(*map.Find(TokenKey(two), kNow), 2);
  EXPECT_EQ(map.counts().entries, 1u);
}

TEST(TokenMap, ExtendsTheSameValueWithoutAnotherEntry) {
  TokenMap<int> map({100, 1 << 20});
  const auto value = Value(1);
  map.Put(TokenKey("token"), value, 4, kNow + absl::Seconds(1));
  const size_t bytes = map.counts().bytes;
  map.Put(TokenKey("token"), value, 4, kLater);
  EXPECT_NE(map.Find(TokenKey("token"), kNow + absl::Seconds(2)), nullptr);
  EXPECT_EQ(map.counts().entries, 1u);
  EXPECT_EQ(map.counts().bytes, bytes);
}

TEST(TokenMap, CountsHitsMissesAndEvictions) {
  TokenMap<int> map({1, 1 << 20});
  map.Put(TokenKey("token"), Value(1), 4, kLater);
  map.Find(TokenKey("token"), kNow);
  map.Find(TokenKey("other"), kNow);
  map.Find(TokenKey("token"), kLater);  // expired
  EXPECT_EQ(map.counts().hits, 1u);
  EXPECT_EQ(map.counts().misses, 2u);
  EXPECT_EQ(map.counts().evictions, 0u);
  EXPECT_EQ(map.counts().entries, 0u);
  EXPECT_EQ(map.counts().bytes, 0u);
  for (int i = 0; i < 1000; ++i) {
    map.Put(TokenKey(StrCat("token", i)), Value(i), 4, kLater);
  }
  EXPECT_LE(map.counts().entries, 64u);
  EXPECT_EQ(map.counts().entries + map.counts().evictions, 1000u);
}

TEST(TokenMap, OfNoEntriesKeepsNothing) {
  TokenMap<int> map({0, 1 << 20});
  map.Put(TokenKey("token"), Value(1), 4, kLater);
  EXPECT_EQ(map.Find(TokenKey("token"), kNow), nullptr);
}

TEST(TokenMap, KeepsNoValueThatIsLargerThanAShard) {
  TokenMap<int> map({100, 64 * 1000});
  map.Put(TokenKey("small"), Value(1), 100, kLater);
  map.Put(TokenKey("large"), Value(1), 1000, kLater);
  EXPECT_NE(map.Find(TokenKey("small"), kNow), nullptr);
  EXPECT_EQ(map.Find(TokenKey("large"), kNow), nullptr);
}

}  // namespace
}  // namespace usher::base
