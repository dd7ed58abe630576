#include "lib/jose/signature.h"

#include <openssl/err.h>

#include <memory>

#include "gtest/gtest.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

constexpr std::string_view kInput = "header.payload";

class Signature : public testing::TestWithParam<Alg> {
 protected:
  const SigningKey& signer_ = SharedKey(GetParam());
  const Key key_ = PublicKeyOf(signer_);
  const std::string good_ = signer_.Sign(kInput);

  bool Holds(std::string_view signature) {
    return VerifySignature(key_, GetParam(), kInput, signature);
  }
};

TEST_P(Signature, IsValidForTheSignedText) {
  EXPECT_TRUE(Holds(good_));
  EXPECT_TRUE(VerifySignature(key_, GetParam(), "", signer_.Sign("")));
  const std::string large(1 << 20, 'x');
  EXPECT_TRUE(VerifySignature(key_, GetParam(), large, signer_.Sign(large)));
}

TEST_P(Signature, IsInvalidForOtherText) {
  EXPECT_FALSE(VerifySignature(key_, GetParam(), "header.payloaD", good_));
  EXPECT_FALSE(VerifySignature(key_, GetParam(), "header.payloa", good_));
  EXPECT_FALSE(VerifySignature(key_, GetParam(), "", good_));
}

TEST_P(Signature, EverySingleBitCounts) {
  for (size_t bit = 0; bit < good_.size() * 8; ++bit) {
    std::string bad = good_;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(Holds(bad)) << "bit " << bit;
  }
  EXPECT_TRUE(Holds(good_));
}

TEST_P(Signature, OnlyTheExactLengthIsAccepted) {
  for (size_t size = 0; size < good_.size(); ++size) {
    ASSERT_FALSE(Holds(good_.substr(0, size))) << size;
    ASSERT_FALSE(Holds(good_.substr(good_.size() - size))) << size;
  }
  for (size_t more = 1; more <= 64; ++more) {
    ASSERT_FALSE(Holds(good_ + std::string(more, '\0'))) << more;
    ASSERT_FALSE(Holds(std::string(more, '\0') + good_)) << more;
  }
  EXPECT_FALSE(Holds(good_ + good_));
}

TEST_P(Signature, AnotherKeyOfTheSameTypeDoesNotVerify) {
  const SigningKey other = SigningKey::Generate(GetParam()).value();
  EXPECT_FALSE(VerifySignature(PublicKeyOf(other), GetParam(), kInput, good_));
}

TEST_P(Signature, AnAlgorithmThatTheKeyDoesNotAllowIsRefused) {
  for (const AlgInfo& row : Algs()) {
    if (row.alg == GetParam()) continue;
    EXPECT_FALSE(VerifySignature(key_, row.alg, kInput, good_)) << row.name;
  }
}

TEST_P(Signature, LeavesTheErrorQueueOfOpenSslEmpty) {
  ERR_clear_error();
  EXPECT_FALSE(Holds(std::string(good_.size(), '\xff')));
  EXPECT_FALSE(Holds(std::string(good_.size(), '\0')));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST_P(Signature, TheContextSurvivesAnyMixOfValidAndInvalid) {
  const std::string bad(good_.size(), '\x5a');
  for (int i = 0; i < 60; ++i) {
    EXPECT_FALSE(Holds(bad));
    EXPECT_FALSE(Holds(""));
    EXPECT_FALSE(Holds(std::string(good_.size(), '\0')));
    ASSERT_TRUE(Holds(good_)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryAlg, Signature, testing::ValuesIn([] {
                           std::vector<Alg> algs;
                           for (const AlgInfo& row : Algs()) {
                             algs.push_back(row.alg);
                           }
                           return algs;
                         }()),
                         [](const auto& alg_info) {
                           return TestNameOf(alg_info.param);
                         });

// One private key under two algorithms.
struct RsaPair {
  SigningKey pkcs1;
  SigningKey pss;
  Key key;

  static RsaPair New() {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}),
        EVP_PKEY_free);
    const std::string pem = PrivatePem(pkey.get());
    SigningKey pkcs1 = SigningKey::FromPem(Alg::kRs256, Secret(pem)).value();
    SigningKey pss = SigningKey::FromPem(Alg::kPs256, Secret(pem)).value();
    Key key = UnboundKeyOf(pkcs1);
    return {pkcs1, pss, key};
  }
};

// OpenSSL 3.0 silently turns a PSS context that is initialised again into one
// of PKCS#1 v1.5.
TEST(SignatureTrap, AnRs256SignatureNeverPassesAsPs256) {
  const RsaPair rsa = RsaPair::New();
  const std::string pkcs1 = rsa.pkcs1.Sign(kInput);
  const std::string pss = rsa.pss.Sign(kInput);
  const std::string garbage(pss.size(), '\x11');
  for (int i = 0; i < 300; ++i) {
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kPs256, kInput, pkcs1)) << i;
    ASSERT_TRUE(VerifySignature(rsa.key, Alg::kPs256, kInput, pss)) << i;
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kRs256, kInput, pss)) << i;
    ASSERT_TRUE(VerifySignature(rsa.key, Alg::kRs256, kInput, pkcs1)) << i;
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kPs256, kInput, garbage)) << i;
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kPs256, "x", pss)) << i;
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kPs384, kInput, pss)) << i;
    ASSERT_FALSE(VerifySignature(rsa.key, Alg::kRs512, kInput, pkcs1)) << i;
  }
}

// The signature itself is valid, but the key does not allow the algorithm.
TEST(SignatureTrap, AKeyBoundToOneAlgorithmVerifiesNoOther) {
  const RsaPair rsa = RsaPair::New();
  const Key bound = PublicKeyOf(rsa.pkcs1);
  const std::string pss = rsa.pss.Sign(kInput);
  EXPECT_TRUE(VerifySignature(rsa.key, Alg::kPs256, kInput, pss));
  EXPECT_FALSE(VerifySignature(bound, Alg::kPs256, kInput, pss));
}

TEST(SignatureTrap, TheContextOfAFreedKeyIsNotReused) {
  const SigningKey& signer = SharedKey(Alg::kEs256);
  const std::string good = signer.Sign(kInput);
  // The allocator reuses the same memory.
  for (int i = 0; i < 1000; ++i) {
    {
      const Key right = PublicKeyOf(signer);
      ASSERT_TRUE(VerifySignature(right, Alg::kEs256, kInput, good));
    }
    const Key wrong =
        KeyFromJwk(R"({"kty":"EC","crv":"P-256",)"
                   R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})")
            .value();
    ASSERT_FALSE(VerifySignature(wrong, Alg::kEs256, kInput, good)) << i;
  }
}

TEST(SignatureTrap, MoreKeysThanAThreadKeepsStillVerify) {
  const SigningKey& signer = SharedKey(Alg::kEd25519);
  const std::string good = signer.Sign(kInput);
  std::vector<Key> keys;
  for (int i = 0; i < 600; ++i) keys.push_back(PublicKeyOf(signer));
  for (int round = 0; round < 2; ++round) {
    for (const Key& key : keys) {
      ASSERT_TRUE(VerifySignature(key, Alg::kEd25519, kInput, good));
    }
  }
}

}  // namespace
}  // namespace usher::jose
