#include "lib/jose/alg.h"

#include "gtest/gtest.h"

namespace usher::jose {
namespace {

TEST(Alg, EveryNameMeansItsOwnAlgorithm) {
  for (const AlgInfo& info : Algs()) {
    EXPECT_EQ(&InfoOf(info.alg), &info);
    EXPECT_EQ(AlgsNamed(info.name).Only(), info.alg) << info.name;
    EXPECT_EQ(ConfiguredAlgs(info.name).Only(), info.alg) << info.name;
  }
  EXPECT_EQ(Algs().size(), kAlgs);
  EXPECT_EQ(NamesOf(AllAlgs()),
            "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, "
            "Ed25519, Ed448");
}

TEST(Alg, NoneAndHmacCannotBeExpressed) {
  for (const char* name :
       {"none", "None", "NONE", "noNE", "none ", " none", "", "HS256", "HS384",
        "HS512", "hs256", "A256KW", "RSA-OAEP", "ECDH-ES", "ES256K", "ES521"}) {
    EXPECT_TRUE(AlgsNamed(name).empty()) << name;
    EXPECT_TRUE(ConfiguredAlgs(name).empty()) << name;
  }
}

TEST(Alg, NamesAreComparedByteForByte) {
  for (const char* name : {"rs256", "Rs256", "RS256 ", " RS256", "RS25",
                           "RS2560", "EDDSA", "eddsa", "ed25519", "ED25519"}) {
    EXPECT_TRUE(AlgsNamed(name).empty()) << name;
  }
  EXPECT_TRUE(AlgsNamed(std::string_view("RS256\0", 6)).empty());
}

TEST(Alg, EdDsaMeansBothCurvesInATokenAndEd25519InAConfiguration) {
  EXPECT_EQ(AlgsNamed("EdDSA"), (AlgSet{Alg::kEd25519, Alg::kEd448}));
  EXPECT_EQ(ConfiguredAlgs("EdDSA"), AlgSet{Alg::kEd25519});
}

TEST(Alg, TheDefaultsExcludeEd448) {
  EXPECT_EQ(NamesOf(DefaultAlgs()), "RS256, PS256, ES256, ES384, Ed25519");
  EXPECT_FALSE(DefaultAlgs().Has(Alg::kEd448));
}

TEST(AlgSet, OnlyReturnsTheSingleMember) {
  EXPECT_EQ(AlgSet{}.Only(), std::nullopt);
  EXPECT_EQ((AlgSet{Alg::kRs256, Alg::kEd448}).Only(), std::nullopt);
  EXPECT_EQ(AlgSet{Alg::kEd448}.Only(), Alg::kEd448);
  EXPECT_EQ(AlgSet{Alg::kRs256}.Only(), Alg::kRs256);
}

TEST(AlgSet, HasUnionAndIntersection) {
  const AlgSet rsa{Alg::kRs256, Alg::kPs256};
  const AlgSet other{Alg::kPs256, Alg::kEs256};
  EXPECT_EQ(NamesOf(rsa & other), "PS256");
  EXPECT_EQ(NamesOf(rsa | other), "RS256, PS256, ES256");
  EXPECT_EQ(NamesOf({}), "");
}

}  // namespace
}  // namespace usher::jose
