// The examples of the standards; see tests/data/rfc_vectors.json.

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/jose/signature.h"
#include "lib/json/base64url.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

std::string Text(json::Value value, std::string_view name) {
  return std::string(value.Find(name)->String().value());
}

// Calls `visit` with each element of the array `list` of the file.
void ForEachVector(std::string_view list,
                   absl::FunctionRef<void(json::Value)> visit) {
  json::Reader reader;
  const auto root = reader.Parse(TestData("rfc_vectors.json"));
  ASSERT_TRUE(root) << reader.error();
  size_t count = 0;
  root->Find(list)->ForEachElement([&](json::Value vector) {
    ++count;
    SCOPED_TRACE(Text(vector, "name"));
    visit(vector);
    return true;
  });
  EXPECT_GT(count, 0u);
}

TEST(RfcVectors, EverySignatureIsValid) {
  ForEachVector("signatures", [](json::Value vector) {
    const auto key = Key::FromJwk(*vector.Find("jwk"));
    ASSERT_TRUE(key.ok()) << key.status();
    const std::string jws = Text(vector, "jws");
    const Alg alg = AlgsNamed(Text(vector, "alg")).Only().value();
    const size_t dot = jws.rfind('.');
    std::string signature;
    ASSERT_TRUE(json::DecodeBase64Url(std::string_view(jws).substr(dot + 1),
                                      signature));
    const std::string_view input = std::string_view(jws).substr(0, dot);
    EXPECT_TRUE(VerifySignature(*key, alg, input, signature));
    signature[signature.size() / 2] ^= 1;
    EXPECT_FALSE(VerifySignature(*key, alg, input, signature));
  });
}

// Some sign prose, which is not a token.
TEST(RfcVectors, TokensAreVerified) {
  size_t opened = 0;
  ForEachVector("signatures", [&](json::Value vector) {
    const std::string text = Text(vector, "jws");
    const auto jws = Jws::Parse(text, JwsScratch::ThisThread());
    if (!jws.ok()) {
      EXPECT_EQ(jws.refusal().reason, Reason::kTokenMalformed);
      return;
    }
    const Key key = Key::FromJwk(*vector.Find("jwk")).value();
    const auto payload = jws->Verify(key, DefaultAlgs());
    ASSERT_TRUE(payload.ok()) << payload.refusal().message;
    EXPECT_EQ(payload->claims().Find("iss")->String(), "joe");
    EXPECT_EQ(payload->claims().Find("exp")->Integer(), 1300819380);
    ++opened;
  });
  EXPECT_EQ(opened, 2u);
}

TEST(RfcVectors, HmacIsRefusedWithItsKey) {
  json::Reader reader;
  const auto root = reader.Parse(TestData("rfc_vectors.json"));
  ASSERT_TRUE(root);
  const json::Value hmac = *root->Find("hmac");
  EXPECT_EQ(Key::FromJwk(*hmac.Find("jwk")).status().message(),
            "kty oct is a secret, not a public key");
  json::Reader header;
  const std::string jws = Text(hmac, "jws");
  const auto parsed = header.ParseBase64Url(jws.substr(0, jws.find('.')));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(AlgsNamed(Text(*parsed, "alg")).empty());
}

TEST(RfcVectors, ThumbprintsEqualThoseOfTheStandards) {
  ForEachVector("thumbprints", [](json::Value vector) {
    const auto key = Key::FromJwk(*vector.Find("jwk"));
    ASSERT_TRUE(key.ok()) << key.status();
    const std::string_view bytes(
        reinterpret_cast<const char*>(key->thumbprint().data()),
        key->thumbprint().size());
    EXPECT_EQ(json::EncodeBase64Url(bytes), Text(vector, "thumbprint"));
  });
}

}  // namespace
}  // namespace usher::jose
