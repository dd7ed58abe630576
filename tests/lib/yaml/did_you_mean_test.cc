#include "lib/yaml/did_you_mean.h"

#include <array>
#include <string>

#include "gtest/gtest.h"

namespace usher::yaml {
namespace {

TEST(DidYouMean, FindsTheNearestCandidate) {
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"audiences", "algorithms", "issuer", "name", "ca_file"});
  EXPECT_EQ(Nearest("audience", kKeys), "audiences");
  EXPECT_EQ(Nearest("algoritms", kKeys), "algorithms");
  EXPECT_EQ(Nearest("isuser", kKeys), "issuer");
  EXPECT_EQ(Nearest("cafile", kKeys), "ca_file");
  EXPECT_EQ(Nearest("colour", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("", kKeys), std::nullopt);
  EXPECT_EQ(Nearest(std::string(100'000, 'a'), kKeys), std::nullopt);
}

}  // namespace
}  // namespace usher::yaml
