// Attacks that succeeded against other libraries.

#include <openssl/hmac.h>

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/ecdsa_der.h"
#include "lib/jose/jws.h"
#include "lib/json/base64url.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;

constexpr std::string_view kPayload = R"({"iss":"a"})";

AlgSet EveryAlg() {
  AlgSet algs;
  for (const AlgInfo& row : Algs()) algs.Add(row.alg);
  return algs;
}

std::string HeaderOf(std::string_view alg) {
  return StrCat(R"({"alg":")", alg, "\"}");
}

std::string WithSignature(std::string_view header, std::string_view signature) {
  return StrCat(json::EncodeBase64Url(header), ".",
                json::EncodeBase64Url(kPayload), ".",
                json::EncodeBase64Url(signature));
}

// Why `key` does not verify `token`; nothing if it does.
std::optional<Reason> ReasonOf(std::string_view token, const Key& key,
                               AlgSet allowed = EveryAlg()) {
  const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
  if (!jws.ok()) return jws.refusal().reason;
  const auto payload = jws->Verify(key, allowed);
  if (payload.ok()) return std::nullopt;
  return payload.refusal().reason;
}

std::string Hmac(std::string_view secret, std::string_view input) {
  unsigned char mac[64];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac,
       &size);
  return std::string(reinterpret_cast<char*>(mac), size);
}

TEST(Attack, AlgNoneIsNeverVerified) {
  const Key key = PublicKeyOf(SharedKey(Alg::kEs256));
  for (const char* alg : {"none", "None", "NONE", "nOnE", "none ", ""}) {
    EXPECT_EQ(ReasonOf(WithSignature(HeaderOf(alg), ""), key),
              Reason::kKeyMismatch)
        << alg;
  }
}

TEST(Attack, ThePublicKeyIsNotAnHmacSecret) {
  for (const Alg alg : {Alg::kRs256, Alg::kEs256, Alg::kEd25519}) {
    const SigningKey& signer = SharedKey(alg);
    const Key key = UnboundKeyOf(signer);
    const std::string input = StrCat(json::EncodeBase64Url(HeaderOf("HS256")),
                                     ".", json::EncodeBase64Url(kPayload));
    for (const std::string& secret :
         {signer.PublicPem(), signer.PublicJwk("k"), std::string()}) {
      EXPECT_EQ(ReasonOf(StrCat(input, ".",
                                json::EncodeBase64Url(Hmac(secret, input))),
                         key),
                Reason::kKeyMismatch);
    }
  }
}

TEST(Attack, AKeyVerifiesOnlyItsOwnAlgorithm) {
  for (const AlgInfo& signs : Algs()) {
    const Key key = PublicKeyOf(SharedKey(signs.alg));
    for (const AlgInfo& claims : Algs()) {
      const std::string token =
          SharedKey(signs.alg).SignCompact(HeaderOf(claims.name), kPayload);
      if (claims.alg == signs.alg) {
        EXPECT_EQ(ReasonOf(token, key), std::nullopt);
      } else {
        EXPECT_EQ(ReasonOf(token, key), Reason::kKeyMismatch)
            << signs.name << " as " << claims.name;
      }
    }
  }
}

TEST(Attack, AnRsaKeyWithoutAlgDistinguishesTheAlgorithms) {
  const AlgSet rsa{Alg::kRs256, Alg::kRs384, Alg::kRs512,
                   Alg::kPs256, Alg::kPs384, Alg::kPs512};
  const SigningKey& signer = SharedKey(Alg::kRs256);
  const Key key = UnboundKeyOf(signer);
  ASSERT_EQ(key.algs(), rsa);
  for (const AlgInfo& claims : Algs()) {
    if (claims.key_type != KeyType::kRsa || claims.alg == Alg::kRs256) continue;
    EXPECT_EQ(
        ReasonOf(signer.SignCompact(HeaderOf(claims.name), kPayload), key),
        Reason::kSignatureInvalid)
        << claims.name;
  }
}

TEST(Attack, OnlyAllowedAlgorithmsVerify) {
  const SigningKey& signer = SharedKey(Alg::kEs384);
  const std::string token = signer.SignCompact(HeaderOf("ES384"), kPayload);
  const Key key = PublicKeyOf(signer);
  EXPECT_EQ(ReasonOf(token, key, {Alg::kEs384}), std::nullopt);
  EXPECT_EQ(ReasonOf(token, key, {Alg::kEs256, Alg::kEs512}),
            Reason::kKeyMismatch);
  EXPECT_EQ(ReasonOf(token, key, {}), Reason::kKeyMismatch);
}

TEST(Attack, EdDsaMeansEd448OnlyIfAllowed) {
  const Key ed448 = PublicKeyOf(SharedKey(Alg::kEd448));
  const Key ed25519 = PublicKeyOf(SharedKey(Alg::kEd25519));
  const std::string large =
      SharedKey(Alg::kEd448).SignCompact(HeaderOf("EdDSA"), kPayload);
  const std::string small =
      SharedKey(Alg::kEd25519).SignCompact(HeaderOf("EdDSA"), kPayload);
  EXPECT_EQ(ReasonOf(large, ed448, DefaultAlgs()), Reason::kKeyMismatch);
  EXPECT_EQ(ReasonOf(large, ed448, ConfiguredAlgs("EdDSA")),
            Reason::kKeyMismatch);
  EXPECT_EQ(ReasonOf(large, ed448, {Alg::kEd448}), std::nullopt);
  EXPECT_EQ(ReasonOf(small, ed25519, ConfiguredAlgs("EdDSA")), std::nullopt);
  EXPECT_EQ(ReasonOf(small, ed448, {Alg::kEd448}), Reason::kSignatureInvalid);
  EXPECT_EQ(ReasonOf(large, ed25519), Reason::kSignatureInvalid);
}

TEST(Attack, SignaturesOfZerosAreInvalid) {
  for (const AlgInfo& row : Algs()) {
    if (row.key_type != KeyType::kEc) continue;
    const Key key = PublicKeyOf(SharedKey(row.alg));
    const std::string zero(row.signature_size, '\0');
    const std::string ones(row.signature_size, '\xff');
    std::string r_only = zero;
    r_only[row.signature_size / 2 - 1] = 1;
    std::string s_only = zero;
    s_only.back() = 1;
    for (const std::string& signature : {zero, ones, r_only, s_only}) {
      EXPECT_EQ(ReasonOf(WithSignature(HeaderOf(row.name), signature), key),
                Reason::kSignatureInvalid)
          << row.name;
    }
  }
}

TEST(Attack, ADerSignatureIsInvalidInAJws) {
  for (const AlgInfo& row : Algs()) {
    if (row.key_type != KeyType::kEc) continue;
    const SigningKey& signer = SharedKey(row.alg);
    const std::string token = signer.SignCompact(HeaderOf(row.name), kPayload);
    std::string joined;
    ASSERT_TRUE(json::DecodeBase64Url(
        std::string_view(token).substr(token.rfind('.') + 1), joined));
    const EcdsaDer der = EcdsaToDer(joined);
    const std::string_view text(reinterpret_cast<const char*>(der.bytes.data()),
                                der.size);
    EXPECT_EQ(
        ReasonOf(WithSignature(HeaderOf(row.name), text), PublicKeyOf(signer)),
        Reason::kSignatureInvalid);
  }
}

TEST(Attack, AKeyInTheHeaderIsIgnored) {
  const SigningKey attacker = SigningKey::Generate(Alg::kEs256).value();
  const Key trusted = PublicKeyOf(SharedKey(Alg::kEs256));
  for (const std::string& member :
       {StrCat("\"jwk\":", attacker.PublicJwk("k")),
        std::string(R"("jku":"https://attacker.example/keys")"),
        std::string(R"("x5u":"http://169.254.169.254/")"),
        std::string(R"("x5c":["MIIB"])"), std::string("\"jwk\":7")}) {
    const std::string header = StrCat(R"({"alg":"ES256",)", member, "}");
    EXPECT_EQ(ReasonOf(attacker.SignCompact(header, kPayload), trusted),
              Reason::kSignatureInvalid)
        << member;
    EXPECT_EQ(
        ReasonOf(SharedKey(Alg::kEs256).SignCompact(header, kPayload), trusted),
        std::nullopt)
        << member;
  }
}

TEST(Attack, PartsOfAnotherTokenDoNotVerify) {
  const SigningKey& signer = SharedKey(Alg::kEs256);
  const Key key = PublicKeyOf(signer);
  const std::string one = signer.SignCompact(HeaderOf("ES256"), kPayload);
  const std::string two =
      signer.SignCompact(HeaderOf("ES256"), R"({"iss":"b"})");
  const auto input = [](const std::string& token) {
    return token.substr(0, token.rfind('.'));
  };
  EXPECT_EQ(ReasonOf(input(one) + two.substr(two.rfind('.')), key),
            Reason::kSignatureInvalid);
  EXPECT_EQ(ReasonOf(input(one) + ".", key), Reason::kSignatureInvalid);
}

}  // namespace
}  // namespace usher::jose
