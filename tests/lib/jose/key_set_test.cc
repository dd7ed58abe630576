#include "lib/jose/key_set.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
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
  EXPECT_EQ(ErrorOf(Jwks(R"({"kty":"RSA","use":"enc"})")),
            "key set: no usable key; all are for another purpose");
}

TEST(KeySet, FailsForOtherJson) {
  const std::string shape = "key set: not an object with an array of keys";
  for (const char* text :
       {"{}", "[]", "7", "null", "\"keys\"", "{\"keys\":{}}", "{\"keys\":null}",
        "{\"Keys\":[]}", R"({"a":"-----BEGIN"})", R"({"error":"none"})"}) {
    EXPECT_EQ(ErrorOf(text), shape) << text;
  }
  EXPECT_EQ(ErrorOf(EcJwk("a")), shape);
  EXPECT_EQ(ErrorOf(""), "key set: empty");
  EXPECT_EQ(ErrorOf("<html><body>502 Bad Gateway</body></html>"),
            "key set: not JSON");
  EXPECT_EQ(ErrorOf("{\"keys\":[],\"keys\":[]}"), "key set: duplicate member");
}

// A provider that grows must not lose its issuer.
TEST(KeySet, ReadsTheFirstFiveHundredKeys) {
  std::string many = EcJwk("0");
  for (size_t i = 1; i < KeySet::kMaxKeys; ++i) many += StrCat(",", EcJwk("x"));
  const auto full = KeySet::FromJwks(Jwks(many));
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(full->keys().size(), KeySet::kMaxKeys);
  EXPECT_TRUE(full->ignored().empty());
  const auto more = KeySet::FromJwks(Jwks(StrCat(many, ",", EcJwk("x"))));
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->keys().size(), KeySet::kMaxKeys);
  EXPECT_THAT(more->ignored(),
              ElementsAre("only the first 500 keys of a set are read"));
}

// More would be tried for each token, forged ones too.
TEST(KeySet, KnowsThatTooManyKeysHaveNoKid) {
  const auto set_of = [](size_t count, std::string_view more = "") {
    std::string keys;
    for (size_t i = 0; i < count; ++i) {
      keys += StrCat(i == 0 ? "" : ",", EcJwk(""));
    }
    const auto set = KeySet::FromJwks(Jwks(StrCat(keys, more)));
    EXPECT_TRUE(set.ok()) << set.status();
    return set->WhyAmbiguous();
  };
  EXPECT_EQ(set_of(KeySet::kMaxTriedWithoutKids), std::nullopt);
  const auto why = set_of(KeySet::kMaxTriedWithoutKids + 1);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->substr(0, 30), "33 keys without kid fit ES256,");
  EXPECT_EQ(set_of(40, StrCat(",", EcJwk("a"))), std::nullopt)
      << "kids tell the keys of this set apart";
}

TEST(KeySet, IsBoundedForAFloodOfUnusableKeys) {
  std::string flood = EcJwk("a");
  for (int i = 0; i < 100000; ++i) flood += ",1";
  const auto set = KeySet::FromJwks(Jwks(flood));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->keys().size(), 1u);
  EXPECT_EQ(set->ignored().size(), KeySet::kMaxKeys);
}

TEST(KeySet, RemembersWhyAKidIsUnusable) {
  const auto set = KeySet::FromJwks(Jwks(StrCat(
      EcJwk("a"), R"(,{"kty":"RSA","kid":"weak\u001b","n":"Aw","e":"AQAB"})",
      R"(,{"kty":"EC","kid":"enc","use":"enc"},{"kty":"new","kid":null})")));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->WhyUnusable("weak\x1b"),
            "RSA modulus has 2 bits, not 2048 to 8192");
  EXPECT_EQ(set->WhyUnusable("enc"), "use is enc");
  EXPECT_EQ(set->WhyUnusable("a"), std::nullopt);
  EXPECT_EQ(set->WhyUnusable("other"), std::nullopt);
  // Printable, and without the key for encryption.
  EXPECT_THAT(set->ignored(),
              ElementsAre("keys[1] (kid \"weak?\"): RSA modulus has 2 bits, "
                          "not 2048 to 8192",
                          "keys[3]: kty is none of RSA, EC, OKP"));
}

TEST(KeySet, ReadsAMapOfKidsToCertificates) {
  const auto pkey = NewEc("P-256");
  const std::string pem = CertificatePem(pkey.get());
  std::string escaped;
  for (const char c : pem) escaped += c == '\n' ? "\\n" : std::string(1, c);
  const auto set = KeySet::FromJwks(
      StrCat("{\"a\":\"", escaped, "\",\"b\":7,\"c\":\"", escaped, "\"}"));
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys().size(), 2u);
  EXPECT_EQ(set->keys()[0].kid(), "a");
  EXPECT_EQ(set->keys()[1].kid(), "c");
  EXPECT_THAT(set->ignored(),
              ElementsAre("member 2 (kid \"b\"): not a certificate in PEM"));
}

TEST(KeySet, IsTheSameInAnotherOrder) {
  const std::string other = SharedKey(Alg::kEd25519).PublicJwk("b");
  const auto one = KeySet::FromJwks(Jwks(StrCat(EcJwk("a"), ",", other)));
  const auto two = KeySet::FromJwks(Jwks(StrCat(other, ",", EcJwk("a"))));
  const auto renamed = KeySet::FromJwks(Jwks(StrCat(other, ",", EcJwk("c"))));
  const auto fewer = KeySet::FromJwks(Jwks(other));
  ASSERT_TRUE(one.ok() && two.ok() && renamed.ok() && fewer.ok());
  EXPECT_TRUE(one->HasSameKeysAs(*two));
  EXPECT_FALSE(one->HasSameKeysAs(*renamed));
  EXPECT_FALSE(one->HasSameKeysAs(*fewer));
  EXPECT_FALSE(fewer->HasSameKeysAs(*one));
}

TEST(KeySet, KeepsTheKeyObjectsOfTheLastSet) {
  const std::string other = SharedKey(Alg::kEd25519).PublicJwk("b");
  const auto last = KeySet::FromJwks(Jwks(EcJwk("a")));
  auto next = KeySet::FromJwks(Jwks(StrCat(other, ",", EcJwk("a"))));
  ASSERT_TRUE(last.ok() && next.ok());
  const KeySet merged = (*std::move(next)).WithKeysOf(*last);
  ASSERT_EQ(merged.keys().size(), 2u);
  EXPECT_EQ(merged.keys()[1].serial(), last->keys()[0].serial());
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
