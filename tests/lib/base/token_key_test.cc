#include "lib/base/token_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace usher::base {
namespace {

TEST(TokenKey, ComparesEveryByte) {
  for (const size_t size : {1u, 8u, 31u, 32u, 33u, 63u, 64u, 95u, 900u}) {
    const std::string token(size, 'a');
    EXPECT_TRUE(SameToken(token, std::string(size, 'a')));
    for (size_t i = 0; i < size; ++i) {
      std::string other = token;
      other[i] = static_cast<char>('a' ^ 0x80);
      EXPECT_FALSE(SameToken(token, other)) << i << " of " << size;
    }
    EXPECT_FALSE(SameToken(token, token + "a"));
  }
}

TEST(TokenKey, DoesNotDependOnTheAudiencesBefore) {
  const std::string orders[] = {"orders"};
  const std::string billing[] = {"billing"};
  const TokenKey token("token");
  EXPECT_EQ(token.For(billing).For(orders).hash(), token.For(orders).hash());
  EXPECT_NE(token.For(billing).hash(), token.For(orders).hash());
}

// The hashes of all texts that differ from `text` in one character.
std::set<uint64_t> HashesNear(const std::string& text) {
  std::set<uint64_t> hashes;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string token = text;
    token[i] = 'b';
    hashes.insert(TokenKey(token).hash());
  }
  return hashes;
}

TEST(TokenKey, SpreadsTokensThatDifferInOneCharacter) {
  EXPECT_EQ(HashesNear(std::string(64, 'a')).size(), 64u);
  EXPECT_EQ(HashesNear(std::string(900, 'a')).size(), 64u + 1)
      << "of a long token the end only";
  EXPECT_NE(TokenKey(std::string(900, 'a')).hash(),
            TokenKey(std::string(901, 'a')).hash());
  EXPECT_NE(TokenKey("ab").hash(), TokenKey(std::string("ab\0", 3)).hash());
}

}  // namespace
}  // namespace usher::base
