// Project Wycheproof's cases; see tests/data/wycheproof/README.md.

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/key_set.h"
#include "lib/jose/signature.h"
#include "lib/json/base64url.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

std::string Text(json::Value value, std::string_view name) {
  const auto member = value.Find(name);
  return std::string(member ? member->String().value_or("") : "");
}

// Like Jws::Parse() and Verify(), but without a JSON payload: these cases sign
// "foo".
bool Verifies(std::string_view jws, const Key& key) {
  const size_t first = jws.find('.');
  const size_t last = jws.rfind('.');
  if (first == std::string_view::npos || first == last) return false;
  json::Reader reader;
  const auto header = reader.ParseBase64Url(jws.substr(0, first));
  std::string payload, signature;
  if (!header || !header->IsObject() || header->Find("crit") ||
      !json::DecodeBase64Url(jws.substr(first + 1, last - first - 1),
                             payload) ||
      !json::DecodeBase64Url(jws.substr(last + 1), signature)) {
    return false;
  }
  const auto alg = (AlgsNamed(Text(*header, "alg")) & key.algs()).Only();
  return alg && VerifySignature(key, *alg, jws.substr(0, last), signature);
}

struct Tally {
  size_t accepted = 0;
  size_t refused = 0;
};

void ForEachGroup(std::string_view file,
                  absl::FunctionRef<void(json::Value)> visit) {
  json::Reader reader;
  const auto root = reader.Parse(TestData(file));
  ASSERT_TRUE(root) << reader.error();
  root->Find("testGroups")->ForEachElement([&](json::Value group) {
    visit(group);
    return true;
  });
}

void ForEachCase(json::Value group,
                 absl::FunctionRef<void(json::Value)> visit) {
  group.Find("tests")->ForEachElement([&](json::Value test) {
    SCOPED_TRACE(base::StrCat("tcId ", *test.Find("tcId")->Integer(), " ",
                              Text(test, "comment")));
    visit(test);
    return true;
  });
}

// Some keys of RFC 7520's examples contradict their tokens here, so a valid
// signature is refused because of the key: P-521 keys with alg "ES521", which
// is not an algorithm, and an RSA key with alg PS256 for a PS384 token.
bool KeyContradictsItsToken(json::Value key, json::Value test) {
  const int64_t id = *test.Find("tcId")->Integer();
  return Text(key, "alg") == "ES521" || id == 346 || id == 350;
}

TEST(Wycheproof, SignaturesOfPublicKeys) {
  Tally tally;
  ForEachGroup(
      "wycheproof/json_web_signature_test.json", [&](json::Value group) {
        const auto jwk = group.Find("public");
        if (!jwk) return;
        const auto key = Key::FromJwk(*jwk);
        ForEachCase(group, [&](json::Value test) {
          const bool verified = key.ok() && Verifies(Text(test, "jws"), *key);
          const bool expected = Text(test, "result") == "valid" &&
                                !KeyContradictsItsToken(*jwk, test);
          EXPECT_EQ(verified, expected) << key.status();
          ++(verified ? tally.accepted : tally.refused);
        });
      });
  EXPECT_EQ(tally.accepted, 32u);
  EXPECT_EQ(tally.refused, 329u);
}

TEST(Wycheproof, SecretsAreNotPublicKeys) {
  size_t refused = 0;
  for (const char* file : {"wycheproof/json_web_signature_test.json",
                           "wycheproof/json_web_key_test.json"}) {
    ForEachGroup(file, [&](json::Value group) {
      if (group.Find("public")) return;
      const json::Value secret = *group.Find("private");
      EXPECT_FALSE(Key::FromJwk(secret).ok());
      EXPECT_FALSE(
          KeySet::FromJwks(base::StrCat("{\"keys\":[", secret.Text(), "]}"))
              .ok());
      ForEachCase(group, [&](json::Value) { ++refused; });
    });
  }
  EXPECT_EQ(refused, 55u);
}

TEST(Wycheproof, KeySets) {
  Tally tally;
  ForEachGroup("wycheproof/json_web_key_test.json", [&](json::Value group) {
    const auto jwks = group.Find("public");
    if (!jwks) return;
    const auto set = KeySet::FromJwks(jwks->Text());
    ForEachCase(group, [&](json::Value test) {
      bool verified = false;
      if (set.ok()) {
        for (const Key& key : set->keys()) {
          verified = verified || Verifies(Text(test, "jws"), key);
        }
      }
      EXPECT_EQ(verified, Text(test, "result") == "valid") << set.status();
      ++(verified ? tally.accepted : tally.refused);
    });
  });
  EXPECT_EQ(tally.accepted, 1u);
  EXPECT_EQ(tally.refused, 10u);
}

// A private key is ignored even next to a usable public key.
TEST(Wycheproof, PrivateKeysInASetAreIgnored) {
  ForEachGroup("wycheproof/json_web_key_test.json", [](json::Value group) {
    const auto jwks = group.Find("private");
    if (!jwks || !jwks->Find("keys")) return;
    const auto set = KeySet::FromJwks(jwks->Text());
    if (!set.ok()) return;
    for (const Key& key : set->keys()) {
      EXPECT_EQ(Text(group, "comment"), "jws_mixedSymmetryKeyset");
      EXPECT_EQ(key.kid(), "kid-ec-sign");
    }
  });
}

}  // namespace
}  // namespace usher::jose
