#include "lib/jose/digest.h"

#include <set>

#include "gtest/gtest.h"
#include "lib/json/base64url.h"

namespace usher::jose {
namespace {

std::string Encoded(const Sha256Digest& digest) {
  return json::EncodeBase64Url(std::string_view(
      reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// FIPS 180-4's examples.
TEST(Sha256, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(Encoded(Sha256("")), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  EXPECT_EQ(Encoded(Sha256("abc")),
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  EXPECT_EQ(Encoded(Sha256("abc")), Encoded(Sha256("abc")));
}

TEST(RandomBytes, HaveTheRequestedCountAndDiffer) {
  EXPECT_EQ(RandomBytes(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = RandomBytes(16);
    EXPECT_EQ(bytes.size(), 16u);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

}  // namespace
}  // namespace usher::jose
