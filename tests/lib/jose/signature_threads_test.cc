// For ThreadSanitizer as much as for its own assertions.

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/jose/signature.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

constexpr int kThreads = 4;

// Runs `work` on several threads at once; returns how often it returned false.
template <typename Work>
int FailuresOf(const Work& work) {
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      if (!work()) ++failures;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failures;
}

TEST(SignatureThreads, OneKeyVerifiesOnManyThreads) {
  for (const AlgInfo& row : Algs()) {
    const SigningKey& signer = SharedKey(row.alg);
    const Key key = PublicKeyOf(signer);
    const std::string good = signer.Sign("text");
    const std::string bad(good.size(), '\x42');
    EXPECT_EQ(FailuresOf([&] {
                bool right = true;
                for (int i = 0; i < 20; ++i) {
                  right = right &&
                          VerifySignature(key, row.alg, "text", good) &&
                          !VerifySignature(key, row.alg, "text", bad);
                }
                return right;
              }),
              0)
        << row.name;
  }
}

TEST(SignatureThreads, OneKeySignsOnManyThreads) {
  for (const Alg alg : {Alg::kRs256, Alg::kPs256, Alg::kEs256, Alg::kEd25519}) {
    const SigningKey& signer = SharedKey(alg);
    const Key key = PublicKeyOf(signer);
    EXPECT_EQ(FailuresOf([&] {
                bool right = true;
                for (int i = 0; i < 10; ++i) {
                  const std::string text = base::StrCat("text ", i);
                  right = right &&
                          VerifySignature(key, alg, text, signer.Sign(text));
                }
                return right;
              }),
              0);
  }
}

TEST(SignatureThreads, TokensAreVerifiedOnManyThreads) {
  const SigningKey& signer = SharedKey(Alg::kEs256);
  const Key key = PublicKeyOf(signer);
  EXPECT_EQ(FailuresOf([&] {
              bool right = true;
              for (int i = 0; i < 20; ++i) {
                const std::string token = signer.SignCompact(
                    R"({"alg":"ES256"})", base::StrCat("{\"n\":", i, "}"));
                const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
                right =
                    right && jws.ok() && jws->Verify(key, DefaultAlgs()).ok();
              }
              return right;
            }),
            0);
}

TEST(SignatureThreads, KeysAreCreatedAndFreedDuringVerification) {
  const SigningKey& signer = SharedKey(Alg::kEd25519);
  const std::string jwk = signer.PublicJwk("k");
  const std::string good = signer.Sign("text");
  EXPECT_EQ(FailuresOf([&] {
              bool right = true;
              for (int i = 0; i < 100; ++i) {
                const Key key = KeyFromJwk(jwk).value();
                right =
                    right && VerifySignature(key, Alg::kEd25519, "text", good);
              }
              return right;
            }),
            0);
}

}  // namespace
}  // namespace usher::jose
