#include "lib/jose/key_set.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/strings.h"
#include "lib/jose/signature.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;
using testing::ElementsAre;

std::string Jwks(std::string_view keys) {
  return StrCat("{\"keys\":[", keys, "]}");
}

std::string ErrorOf(std::string_view jwks) {
  return std::string(base::Std(KeySet::FromJwks(jwks).status().message()));
}

std::string EcJwk(std::string_view kid) {
  return SharedKey(Alg::kEs256).PublicJwk(kid);
}

TEST(KeySet, KeepsTheKeysInOrder) {
  const auto set = KeySet::FromJwks(
      Jwks(StrCat(EcJwk("a"), ",", SharedKey(Alg::kEd25519).PublicJwk("b"))));
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys().size(), 2u);
  EXPECT_EQ(set->keys()[0].kid(), "a");
  EXPECT_EQ(set->keys()[1].kid(), "b");
  EXPECT_TRUE(set->ignored().empty());
}

TEST(KeySet, LeavesOutUnusableKeysAndSaysWhy) {
  const auto set = KeySet::FromJwks(
      Jwks(StrCat(R"({"kty":"oct","k":"AA"},)", EcJwk("a"),
                  R"(,{"kty":"new"},7,{"kty":"RSA","n":"Aw","e":"AQAB"})")));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->keys().size(), 1u);
  EXPECT_THAT(set->ignored(),
              ElementsAre("keys[0]: kty oct is a secret, not a public key",
                          "keys[2]: kty is none of RSA, EC, OKP",
                          "keys[3]: not an object",
                          "keys[4]: RSA modulus has 2 bits, not 2048 to 8192"));
}

TEST(KeySet, KeepsTwoKeysWithTheSameKid) {
  const auto set = KeySet::FromJwks(
      Jwks(StrCat(EcJwk("a"), ",", SharedKey(Alg::kEs384).PublicJwk("a"))));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->keys().size(), 2u);
}

TEST(KeySet, FailsWithoutAUsableKey) {
  EXPECT_EQ(ErrorOf(Jwks("")), "key set: no keys");
  EXPECT_EQ(ErrorOf(Jwks(R"({"kty":"oct","k":"AA"})")),
            "key set: no usable key; "
            "keys[0]: kty oct is a secret, not a public key");
}

TEST(KeySet, FailsForOtherJson) {
  const std::string shape = "key set: not an object with an array of keys";
  for (const char* text : {"{}", "[]", "7", "null", "\"keys\"", "{\"keys\":{}}",
                           "{\"keys\":null}", "{\"Keys\":[]}"}) {
    EXPECT_EQ(ErrorOf(text), shape) << text;
  }
  EXPECT_EQ(ErrorOf(EcJwk("a")), shape);
  EXPECT_EQ(ErrorOf(""), "key set: empty");
  EXPECT_EQ(ErrorOf("<html><body>502 Bad Gateway</body></html>"),
            "key set: not JSON");
  EXPECT_EQ(ErrorOf("{\"keys\":[],\"keys\":[]}"), "key set: duplicate member");
}

TEST(KeySet, HasAtMostAHundredKeys) {
  std::string many = EcJwk("0");
  for (size_t i = 1; i < KeySet::kMaxKeys; ++i) many += StrCat(",", EcJwk("x"));
  EXPECT_EQ(KeySet::FromJwks(Jwks(many))->keys().size(), KeySet::kMaxKeys);
  EXPECT_EQ(ErrorOf(Jwks(StrCat(many, ",", EcJwk("x")))),
            "key set: more than 100 keys");
  std::string flood = "1";
  for (int i = 0; i < 100000; ++i) flood += ",1";
  EXPECT_EQ(ErrorOf(Jwks(flood)), "key set: more than 100 keys");
}

TEST(KeySet, ReadsAMebibyte) {
  const std::string text = StrCat("{\"pad\":\"", std::string(1 << 20, 'x'),
                                  "\",\"keys\":[", EcJwk("a"), "]}");
  EXPECT_TRUE(KeySet::FromJwks(text).ok());
}

TEST(KeySet, FindsAKeyByThumbprintAndAlgorithm) {
  const auto set = KeySet::FromJwks(Jwks(EcJwk("a")));
  ASSERT_TRUE(set.ok());
  const Sha256Digest here = set->keys()[0].thumbprint();
  EXPECT_TRUE(set->Has(here, Alg::kEs256));
  EXPECT_FALSE(set->Has(here, Alg::kEs384));
  EXPECT_FALSE(set->Has(PublicKeyOf(SharedKey(Alg::kEd25519)).thumbprint(),
                        Alg::kEs256));
  EXPECT_FALSE(KeySet().Has(here, Alg::kEs256));
}

TEST(KeySet, KeysOutliveTheSet) {
  std::vector<Key> kept;
  {
    const auto set = KeySet::FromJwks(Jwks(EcJwk("a")));
    kept.push_back(set->keys()[0]);
  }
  EXPECT_TRUE(VerifySignature(kept[0], Alg::kEs256, "text",
                              SharedKey(Alg::kEs256).Sign("text")));
}

}  // namespace
}  // namespace usher::jose
