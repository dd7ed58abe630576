#include "lib/jose/key.h"

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;

constexpr std::string_view kP256X =
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kP256Y =
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

// A P-256 key with more members.
std::string EcJwk(std::string_view members) {
  return StrCat(R"({"kty":"EC","crv":"P-256","x":")", kP256X, R"(","y":")",
                kP256Y, "\"", members, "}");
}

std::string RsaJwk(std::string_view modulus, std::string_view exponent) {
  return StrCat(R"({"kty":"RSA","n":")", json::EncodeBase64Url(modulus),
                R"(","e":")", json::EncodeBase64Url(exponent), "\"}");
}

// An odd number of `bits` bits. OpenSSL does not check whether it is a product
// of two primes.
std::string Modulus(size_t bits) {
  std::string modulus((bits + 7) / 8, '\x55');
  modulus.front() = static_cast<char>(1 << ((bits - 1) % 8));
  modulus.back() = '\x57';
  return modulus;
}

TEST(Key, HasTheMembersOfTheJwk) {
  const auto key = KeyFromJwk(EcJwk(R"(,"kid":"one","alg":"ES256")"));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->kid(), "one");
  EXPECT_EQ(NamesOf(key->algs()), "ES256");
  EXPECT_EQ(key->type(), KeyType::kEc);
  EXPECT_EQ(key->bits(), 256);
}

TEST(Key, WithoutAlgAllowsEveryAlgorithmThatFits) {
  EXPECT_EQ(NamesOf(KeyFromJwk(RsaJwk(Modulus(2048), "\x03"))->algs()),
            "RS256, RS384, RS512, PS256, PS384, PS512");
  EXPECT_EQ(NamesOf(KeyFromJwk(EcJwk(""))->algs()), "ES256");
}

TEST(Key, EveryKeyHasItsOwnSerialAndCopiesShareIt) {
  const Key one = KeyFromJwk(EcJwk("")).value();
  const Key two = KeyFromJwk(EcJwk("")).value();
  const Key copy = one;
  EXPECT_NE(one.serial(), two.serial());
  EXPECT_EQ(one.serial(), copy.serial());
  EXPECT_EQ(one.thumbprint(), two.thumbprint());
}

TEST(Key, TheThumbprintDependsOnlyOnTheNumbers) {
  const auto bare = KeyFromJwk(EcJwk(""));
  const auto dressed =
      KeyFromJwk(EcJwk(R"(,"kid":"a","alg":"ES256","x5t":"zz","z":[1])"));
  ASSERT_TRUE(bare.ok() && dressed.ok());
  EXPECT_EQ(bare->thumbprint(), dressed->thumbprint());
}

TEST(Key, RefusesAnotherUse) {
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"sig")")), "");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"enc")")), "use is enc");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"SIG")")), "use is not sig");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"tls")")), "use is not sig");
}

TEST(Key, AcceptsTheUseOfSpiffe) {
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"jwt-svid")")), "");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":"x509-svid")")), "use is x509-svid");
}

TEST(Key, CountsMembersThatAreNullOrEmptyAsAbsent) {
  for (const char* empty : {"null", "\"\"", "[]"}) {
    std::string members;
    for (const char* name :
         {"use", "alg", "kid", "key_ops", "x5c", "x5t", "x5t#S256", "x5u", "d",
          "p", "q", "dp", "dq", "qi", "oth", "k"}) {
      members += StrCat(",\"", name, "\":", empty);
    }
    const auto key = KeyFromJwk(EcJwk(members));
    ASSERT_TRUE(key.ok()) << empty << key.status();
    EXPECT_EQ(key->kid(), std::nullopt) << empty;
    EXPECT_EQ(NamesOf(key->algs()), "ES256") << empty;
  }
  EXPECT_EQ(ErrorOfJwk(R"({"kty":null})"), "kty is missing");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"RSA","n":"","e":"AQAB"})"), "n is missing");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"EC","crv":"P-256","x":null,"y":"AA"})"),
            "x is missing");
}

// Nothing is wrong with a key for encryption, so it is not reported.
TEST(Key, TellsAKeyWithAnotherPurposeFromAnUnusableOne) {
  for (const std::string& jwk :
       {EcJwk(R"(,"use":"enc")"), EcJwk(R"(,"use":"x509-svid")"),
        EcJwk(R"(,"alg":"ECDH-ES+A256KW")"),
        EcJwk(R"(,"key_ops":["deriveKey","deriveBits"])"),
        std::string(R"({"kty":"RSA","alg":"RSA-OAEP-256","n":"AQ","e":"AQ"})"),
        std::string(R"({"kty":"OKP","crv":"X25519","x":"AA"})")}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(KeyFromJwk(jwk).status())) << jwk;
  }
  for (const std::string& jwk :
       {EcJwk(R"(,"use":"tls")"), EcJwk(R"(,"alg":"RS256")"),
        EcJwk(R"(,"key_ops":["sign"])"), EcJwk(R"(,"use":"enc","d":"AA")"),
        std::string(R"({"kty":"oct","use":"enc","k":"AA"})")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(KeyFromJwk(jwk).status())) << jwk;
  }
}

TEST(Key, RefusesKeyOpsWithoutVerify) {
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"key_ops":["verify"])")), "");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"key_ops":["sign","verify"])")), "");
  for (const char* ops :
       {"[\"sign\"]", "[\"encrypt\",\"sign\"]", "[\"Verify\"]"}) {
    EXPECT_EQ(ErrorOfJwk(EcJwk(StrCat(",\"key_ops\":", ops))),
              "key_ops does not contain verify")
        << ops;
  }
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"key_ops":["verify","verify"])")),
            "key_ops is not a set of strings");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"key_ops":["verify",1])")),
            "key_ops is not a set of strings");
}

TEST(Key, RefusesAnAlgThatDoesNotFit) {
  for (const char* alg :
       {"ES384", "RS256", "HS256", "none", "EdDSA", "ES521"}) {
    EXPECT_EQ(ErrorOfJwk(EcJwk(StrCat(",\"alg\":\"", alg, "\""))),
              "alg does not fit the key")
        << alg;
  }
}

TEST(Key, RefusesMembersOfTheWrongType) {
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"kid":1)")), "kid is not a string");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"use":["sig"])")), "use is not a string");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"alg":["ES256"])")), "alg is not a string");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"key_ops":"verify")")),
            "key_ops is not an array");
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"kid":["a"])")), "kid is not a string");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"EC","crv":1,"x":"","y":""})"),
            "crv is not a string");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"RSA","n":3,"e":"AQAB"})"),
            "n is not a string");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":["RSA"]})"), "kty is not a string");
  EXPECT_EQ(ErrorOfJwk("{}"), "kty is missing");
  EXPECT_EQ(ErrorOfJwk("[]"), "not an object");
  EXPECT_EQ(ErrorOfJwk("\"x\""), "not an object");
}

TEST(Key, RefusesAKidThatIsTooLong) {
  const auto jwk = [](size_t size) {
    return EcJwk(StrCat(",\"kid\":\"", std::string(size, 'k'), "\""));
  };
  EXPECT_EQ(ErrorOfJwk(jwk(256)), "");
  EXPECT_EQ(ErrorOfJwk(jwk(257)), "kid is longer than 256 bytes");
}

TEST(Key, RefusesPublishedPrivateKeys) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_EQ(ErrorOfJwk(EcJwk(StrCat(",\"", member, "\":\"AA\""))),
              StrCat("private member ", member, " is published"));
  }
  EXPECT_EQ(ErrorOfJwk(EcJwk(R"(,"oth":[{}])")),
            "private member oth is published");
}

TEST(Key, RefusesSecretsAndUnknownTypes) {
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"oct","k":"AAAA"})"),
            "kty oct is a secret, not a public key");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"AKP"})"), "kty is none of RSA, EC, OKP");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"ec"})"), "kty is none of RSA, EC, OKP");
  for (const char* crv : {"secp256k1", "p-256", "P-192", "Ed25519", "X25519"}) {
    EXPECT_EQ(ErrorOfJwk(StrCat(R"({"kty":"EC","crv":")", crv, "\"}")),
              "crv is not supported for this kty")
        << crv;
  }
  for (const char* crv : {"P-256", "ed25519"}) {
    EXPECT_EQ(ErrorOfJwk(StrCat(R"({"kty":"OKP","crv":")", crv, "\"}")),
              "crv is not supported for this kty")
        << crv;
  }
}

TEST(Key, AcceptsRsaOf2048To8192Bits) {
  EXPECT_EQ(KeyFromJwk(RsaJwk(Modulus(2048), "\x03"))->bits(), 2048);
  EXPECT_EQ(KeyFromJwk(RsaJwk(Modulus(3071), "\x03"))->bits(), 3071);
  EXPECT_EQ(KeyFromJwk(RsaJwk(Modulus(8192), "\x03"))->bits(), 8192);
  for (const size_t bits :
       {size_t{1024}, size_t{2047}, size_t{8193}, size_t{16384}}) {
    EXPECT_EQ(ErrorOfJwk(RsaJwk(Modulus(bits), "\x03")),
              StrCat("RSA modulus has ", bits, " bits, not 2048 to 8192"));
  }
  EXPECT_EQ(ErrorOfJwk(RsaJwk(std::string(1, '\0'), "\x03")),
            "RSA modulus has 0 bits, not 2048 to 8192");
}

TEST(Key, RefusesWeakRsaNumbers) {
  std::string even = Modulus(2048);
  even.back() = '\x56';
  EXPECT_EQ(ErrorOfJwk(RsaJwk(even, "\x03")), "RSA modulus is even");
  const std::string wrong = "RSA exponent is even, below 3 or above 33 bits";
  for (const std::string& exponent :
       {std::string(1, '\0'), std::string("\x01"), std::string("\x02"),
        std::string("\x04"), std::string("\x01\x00\x00", 3),
        std::string("\x02\0\0\0\x01", 5), std::string(8, '\xff')}) {
    EXPECT_EQ(ErrorOfJwk(RsaJwk(Modulus(2048), exponent)), wrong);
  }
  EXPECT_EQ(ErrorOfJwk(RsaJwk(Modulus(2048), "\x01\xff\xff\xff\xff")), "");
}

TEST(Key, AcceptsAnRsaModulusWithTheSignByteOfDer) {
  const auto plain = KeyFromJwk(RsaJwk(Modulus(2048), "\x03"));
  const auto padded =
      KeyFromJwk(RsaJwk(std::string(1, '\0') + Modulus(2048), "\x03"));
  ASSERT_TRUE(plain.ok() && padded.ok());
  EXPECT_EQ(padded->bits(), 2048);
  EXPECT_EQ(plain->thumbprint(), padded->thumbprint());
}

TEST(Key, RefusesCoordinatesOfTheWrongLength) {
  const auto jwk = [](std::string_view x) {
    return StrCat(R"({"kty":"EC","crv":"P-256","x":")", x, R"(","y":")", kP256Y,
                  "\"}");
  };
  EXPECT_EQ(ErrorOfJwk(jwk(kP256X)), "");
  std::string x;
  ASSERT_TRUE(json::DecodeBase64Url(kP256X, x));
  EXPECT_EQ(ErrorOfJwk(jwk(json::EncodeBase64Url(x + x[0]))),
            "EC coordinate is not 32 bytes long");
  EXPECT_EQ(ErrorOfJwk(jwk(json::EncodeBase64Url(x.substr(1)))),
            "EC point is not on its curve");
  EXPECT_EQ(ErrorOfJwk(jwk("")), "x is missing");
  EXPECT_EQ(ErrorOfJwk(jwk(StrCat(kP256X, "==="))), "x is not base64url");
  EXPECT_EQ(ErrorOfJwk(jwk(StrCat(" ", kP256X))), "x is not base64url");
  EXPECT_EQ(ErrorOfJwk(R"({"kty":"EC","crv":"P-256","x":"AA"})"),
            "y is missing");
}

// The number is the same. Tokens stay strict.
TEST(Key, AcceptsNumbersWithPaddingOrInTheOtherAlphabet) {
  const auto jwk = [](std::string_view x, std::string_view y) {
    return StrCat(R"({"kty":"EC","crv":"P-256","x":")", x, R"(","y":")", y,
                  R"("})");
  };
  const auto in_base64 = [](std::string_view url) {
    std::string text = StrCat(url, "=");
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    return text;
  };
  const std::string y = in_base64(kP256Y);
  ASSERT_NE(y.find('/'), std::string::npos);
  const auto key = KeyFromJwk(jwk(in_base64(kP256X), y));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->thumbprint(), KeyFromJwk(EcJwk(""))->thumbprint());
}

// Some providers write a coordinate as a number: one key in 128 is shorter.
TEST(Key, AcceptsCoordinatesWithoutOrWithMoreLeadingZeros) {
  // A point of P-256 whose x begins with a zero byte.
  std::string x;
  std::string y;
  ASSERT_TRUE(
      json::DecodeBase64Url("AAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMDk", x));
  ASSERT_TRUE(
      json::DecodeBase64Url("b3RbJfp-p2lRP4BeiCEXjb8I7BiHYzm-oJ99MB2PzYw", y));
  const auto key_of = [&](const std::string& x_bytes) {
    return KeyFromJwk(StrCat(R"({"kty":"EC","crv":"P-256","x":")",
                             json::EncodeBase64Url(x_bytes), R"(","y":")",
                             json::EncodeBase64Url(y), "\"}"));
  };
  const auto exact = key_of(x);
  ASSERT_TRUE(exact.ok()) << exact.status();
  for (const std::string& other :
       {x.substr(1), std::string(1, '\0') + x, std::string(40, '\0') + x}) {
    const auto key = key_of(other);
    ASSERT_TRUE(key.ok()) << key.status();
    EXPECT_EQ(key->thumbprint(), exact->thumbprint());
  }
}

TEST(Key, RefusesPointsThatAreNotOnTheCurve) {
  const auto jwk = [](std::string_view x, std::string_view y) {
    return StrCat(R"({"kty":"EC","crv":"P-256","x":")", x, R"(","y":")", y,
                  "\"}");
  };
  const std::string zeros = json::EncodeBase64Url(std::string(32, '\0'));
  const std::string ones = json::EncodeBase64Url(std::string(32, '\xff'));
  const std::string off = "EC point is not on its curve";
  EXPECT_EQ(ErrorOfJwk(jwk(kP256Y, kP256X)), off);
  EXPECT_EQ(ErrorOfJwk(jwk(zeros, zeros)), off);
  EXPECT_EQ(ErrorOfJwk(jwk(kP256X, zeros)), off);
  EXPECT_EQ(ErrorOfJwk(jwk(ones, ones)), off);
  EXPECT_EQ(ErrorOfJwk(jwk(kP256X, ones)), off);
}

TEST(Key, RefusesOkpKeysOfTheWrongLength) {
  const auto jwk = [](std::string_view crv, size_t size) {
    return StrCat(R"({"kty":"OKP","crv":")", crv, R"(","x":")",
                  json::EncodeBase64Url(std::string(size, '\x01')), "\"}");
  };
  EXPECT_EQ(ErrorOfJwk(jwk("Ed25519", 32)), "");
  EXPECT_EQ(ErrorOfJwk(jwk("Ed448", 57)), "");
  for (const size_t size : {31u, 33u, 57u}) {
    EXPECT_EQ(ErrorOfJwk(jwk("Ed25519", size)), "OKP key is not 32 bytes long");
  }
  EXPECT_EQ(ErrorOfJwk(jwk("Ed448", 56)), "OKP key is not 57 bytes long");
}

TEST(Key, EdDsaMeansTheAlgorithmOfTheCurve) {
  const std::string x = json::EncodeBase64Url(std::string(32, '\x01'));
  const auto jwk = [&](std::string_view alg) {
    return StrCat(R"({"kty":"OKP","crv":"Ed25519","x":")", x, R"(","alg":")",
                  alg, "\"}");
  };
  EXPECT_EQ(NamesOf(KeyFromJwk(jwk("EdDSA"))->algs()), "Ed25519");
  EXPECT_EQ(NamesOf(KeyFromJwk(jwk("Ed25519"))->algs()), "Ed25519");
  EXPECT_EQ(ErrorOfJwk(jwk("Ed448")), "alg does not fit the key");
}

}  // namespace
}  // namespace usher::jose
