#include "lib/jose/key_selection.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_issuer.h"

namespace usher::jose {
namespace {

using jose::Alg;
using testing::TestIssuer;

class KeySelectionTest : public ::testing::Test {
 protected:
  // Chooses among the keys of these JWKs for a token of `provider`.
  KeySelection Choose(const std::vector<std::string>& jwks,
                      const std::string& token,
                      jose::AlgSet allowed = jose::DefaultAlgs()) {
    std::string list;
    for (const std::string& jwk : jwks) list += (list.empty() ? "" : ",") + jwk;
    const auto parsed =
        jose::KeySet::FromJwks(base::StrCat(R"({"keys":[)", list, "]}"));
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    set = *parsed;
    token_text = token;
    const auto jws = jose::Jws::Parse(token_text, scratch);
    EXPECT_TRUE(jws.ok());
    return SelectKeys(*jws, allowed, set);
  }
  std::string Jwk(Alg alg, std::optional<std::string_view> kid) {
    return jose::SigningKey::Generate(alg)->PublicJwk(kid);
  }

  testing::FakeClock clock;
  TestIssuer provider{clock};
  std::string with_kid = provider.Mint({.header = R"({"kid":"k"})"});
  std::string without_kid = provider.Mint({.remove_header = {"kid"}});
  jose::KeySet set;
  std::string token_text;
  jose::JwsScratch scratch;
};

TEST_F(KeySelectionTest, TheKidDecides) {
  const auto choice = Choose(
      {Jwk(Alg::kEs256, "other"), Jwk(Alg::kEs256, "k"), Jwk(Alg::kEs256, {})},
      with_kid);
  ASSERT_EQ(choice.count, 1u);
  EXPECT_EQ(choice.keys[0], &set.keys()[1]);
  EXPECT_EQ(choice.none, std::nullopt);
}

TEST_F(KeySelectionTest, AnUnknownKidFindsNothingEvenIfAKeyWouldFit) {
  EXPECT_EQ(
      Choose({Jwk(Alg::kEs256, "other"), Jwk(Alg::kEs256, {})}, with_kid).none,
      Reason::kKeyNotFound);
  EXPECT_EQ(Choose({Jwk(Alg::kEs256, "K")}, with_kid).none,
            Reason::kKeyNotFound);
}

TEST_F(KeySelectionTest, AKnownKidWithAnUnfitKeyIsAMismatch) {
  EXPECT_EQ(Choose({Jwk(Alg::kRs256, "k")}, with_kid).none,
            Reason::kKeyMismatch);
  EXPECT_EQ(Choose({Jwk(Alg::kEs384, "k")}, with_kid).none,
            Reason::kKeyMismatch);
}

TEST_F(KeySelectionTest, TheSameKidTwiceGivesTheOneThatFits) {
  const auto choice =
      Choose({Jwk(Alg::kRs256, "k"), Jwk(Alg::kEs256, "k")}, with_kid);
  ASSERT_EQ(choice.count, 1u);
  EXPECT_EQ(choice.keys[0], &set.keys()[1]);
}

TEST_F(KeySelectionTest, WithoutAKidUpToFourFittingKeysAreTried) {
  std::vector<std::string> jwks = {Jwk(Alg::kRs256, "r")};
  for (const char* kid : {"a", "b", "c", "d"}) {
    jwks.push_back(Jwk(Alg::kEs256, kid));
  }
  EXPECT_EQ(Choose(jwks, without_kid).count, 4u);
  jwks.push_back(Jwk(Alg::kEs256, "e"));
  EXPECT_EQ(Choose(jwks, without_kid).none, Reason::kKeyAmbiguous);
}

TEST_F(KeySelectionTest, KeysWithoutAKidServeTokensOfAnyKid) {
  EXPECT_EQ(
      Choose({Jwk(Alg::kEs256, {}), Jwk(Alg::kRs256, {})}, with_kid).count, 1u);
}

// A key file grows with each rotation, and its keys have no kid.
TEST_F(KeySelectionTest, WithoutAnyKidInTheSetUpTo32FittingKeysAreTried) {
  const std::string jwk = Jwk(Alg::kEs256, {});
  std::vector<std::string> jwks(kMaxKeysTriedWithoutKids, jwk);
  EXPECT_EQ(Choose(jwks, with_kid).count, kMaxKeysTriedWithoutKids);
  EXPECT_EQ(Choose(jwks, without_kid).count, kMaxKeysTriedWithoutKids);
  jwks.push_back(jwk);
  EXPECT_EQ(Choose(jwks, with_kid).none, Reason::kKeyAmbiguous);
}

TEST_F(KeySelectionTest, AnUnusableKeyIsAMismatchAndNotAnUnknownOne) {
  const auto choice = Choose(
      {Jwk(Alg::kEs256, "other"), R"({"kty":"EC","kid":"k","use":"enc"})"},
      with_kid);
  EXPECT_EQ(choice.none, Reason::kKeyMismatch);
  EXPECT_EQ(choice.unusable, "use is enc");
}

TEST_F(KeySelectionTest, AUsableKeyIsTriedBesideAnUnusableOneOfTheSameKid) {
  const auto choice =
      Choose({R"({"kty":"EC","kid":"k","use":"enc"})", Jwk(Alg::kEs256, "k")},
             with_kid);
  EXPECT_EQ(choice.none, std::nullopt);
  EXPECT_EQ(choice.count, 1u);
}

TEST_F(KeySelectionTest, TheCertificateIsAHintWhereNoKidDecides) {
  const auto with_x5t = [&](std::string_view kid, std::string_view x5t) {
    std::string jwk = Jwk(Alg::kEs256, kid);
    jwk.back() = ',';
    return base::StrCat(jwk, R"("x5t":")", x5t, "\"}");
  };
  const std::vector<std::string> jwks = {
      with_x5t("a", "one"), with_x5t("b", "two"), with_x5t("c", "three"),
      with_x5t("d", "four"), with_x5t("e", "five")};
  const auto without =
      provider.Mint({.header = R"({"x5t":"two"})", .remove_header = {"kid"}});
  auto choice = Choose(jwks, without);
  ASSERT_EQ(choice.count, 1u);
  EXPECT_EQ(choice.keys[0], &set.keys()[1]);
  choice = Choose(jwks, provider.Mint({.header = R"({"x5t":"two"})"}));
  EXPECT_EQ(choice.count, 1u);
  // A kid that a key has decides alone.
  choice =
      Choose(jwks, provider.Mint({.header = R"({"kid":"a","x5t":"two"})"}));
  ASSERT_EQ(choice.count, 1u);
  EXPECT_EQ(choice.keys[0], &set.keys()[0]);
  EXPECT_EQ(Choose(jwks, provider.Mint({.header = R"({"x5t":"six"})"})).none,
            Reason::kKeyNotFound);
}

TEST_F(KeySelectionTest, AnAlgorithmThatIsNotAllowedFitsNoKey) {
  EXPECT_EQ(Choose({Jwk(Alg::kEs256, "k")}, with_kid, {Alg::kRs256}).none,
            Reason::kKeyMismatch);
}

}  // namespace
}  // namespace usher::jose
