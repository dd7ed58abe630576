#include "lib/jose/verify_contexts.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "lib/jose/material.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

std::vector<Key> NewKeys(size_t count) {
  std::vector<Key> keys;
  for (size_t i = 0; i < count; ++i) {
    keys.push_back(PublicKeyOf(SharedKey(Alg::kEd25519)));
  }
  return keys;
}

TEST(VerifyContexts, KeepsTheContextOfAKey) {
  VerifyContexts contexts;
  const Key key = PublicKeyOf(SharedKey(Alg::kEd25519));
  const VerifyContext* first = contexts.For(key, Alg::kEd25519);
  ASSERT_NE(first, nullptr);
  const EVP_MD_CTX* made = first->md_ctx.get();
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(contexts.For(key, Alg::kEd25519)->md_ctx.get(), made);
}

TEST(VerifyContexts, EachAlgorithmOfAKeyHasItsOwnContext) {
  VerifyContexts contexts;
  const Key key = UnboundKeyOf(SharedKey(Alg::kRs256));
  const auto* pkcs1 = contexts.For(key, Alg::kRs256)->pkey_ctx.get();
  const auto* pss = contexts.For(key, Alg::kPs256)->pkey_ctx.get();
  EXPECT_NE(pkcs1, pss);
  EXPECT_EQ(contexts.For(key, Alg::kRs256)->pkey_ctx.get(), pkcs1);
}

// Every pair of key and algorithm has its own context, also when the serials
// are consecutive.
TEST(VerifyContexts, NoTwoKeysShareAContext) {
  VerifyContexts contexts;
  std::vector<Key> keys;
  for (int i = 0; i < 8; ++i) {
    keys.push_back(UnboundKeyOf(SharedKey(Alg::kRs256)));
  }
  std::set<const EVP_PKEY_CTX*> made;
  size_t count = 0;
  for (const Key& key : keys) {
    for (const AlgInfo& info : Algs()) {
      if (!key.algs().Has(info.alg)) continue;
      const auto* context = contexts.For(key, info.alg)->pkey_ctx.get();
      EXPECT_EQ(EVP_PKEY_CTX_get0_pkey(const_cast<EVP_PKEY_CTX*>(context)),
                key.material().pkey.get());
      made.insert(context);
      ++count;
    }
  }
  EXPECT_EQ(made.size(), count);
}

TEST(VerifyContexts, KeepsKMaxContexts) {
  VerifyContexts contexts;
  const std::vector<Key> keys = NewKeys(VerifyContexts::kMax);
  std::vector<const EVP_MD_CTX*> made;
  for (const Key& key : keys) {
    made.push_back(contexts.For(key, Alg::kEd25519)->md_ctx.get());
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(contexts.For(keys[i], Alg::kEd25519)->md_ctx.get(), made[i]);
  }
}

// Addresses identify nothing: a new context may have the memory of an evicted
// one.
TEST(VerifyContexts, EvictsTheLeastRecentlyUsed) {
  VerifyContexts contexts;
  const Key kept = PublicKeyOf(SharedKey(Alg::kEs256));
  int mark = 0;
  EVP_PKEY_CTX_set_app_data(contexts.For(kept, Alg::kEs256)->pkey_ctx.get(),
                            &mark);
  const auto is_marked = [&](const Key& key) {
    return EVP_PKEY_CTX_get_app_data(
               contexts.For(key, Alg::kEs256)->pkey_ctx.get()) == &mark;
  };
  for (size_t i = 0; i < VerifyContexts::kMax * 3; ++i) {
    ASSERT_FALSE(is_marked(PublicKeyOf(SharedKey(Alg::kEs256))));
    // Used in every round, so never the oldest.
    ASSERT_TRUE(is_marked(kept)) << i;
  }
  for (size_t i = 0; i < VerifyContexts::kMax * 3; ++i) {
    ASSERT_FALSE(is_marked(PublicKeyOf(SharedKey(Alg::kEs256))));
  }
  EXPECT_FALSE(is_marked(kept));
}

// The allocator reuses the same memory.
TEST(VerifyContexts, NeverMistakesANewKeyForAFreedOne) {
  VerifyContexts contexts;
  for (int i = 0; i < 500; ++i) {
    const Key key = PublicKeyOf(SharedKey(Alg::kEs256));
    const VerifyContext* context = contexts.For(key, Alg::kEs256);
    ASSERT_EQ(EVP_PKEY_CTX_get0_pkey(context->pkey_ctx.get()),
              key.material().pkey.get())
        << i;
  }
}

TEST(VerifyContexts, TheContextOutlivesTheKey) {
  VerifyContexts contexts;
  VerifyContext* context = nullptr;
  {
    const Key key = PublicKeyOf(SharedKey(Alg::kEs256));
    context = contexts.For(key, Alg::kEs256);
  }
  ASSERT_NE(context, nullptr);
  EXPECT_NE(EVP_PKEY_CTX_get0_pkey(context->pkey_ctx.get()), nullptr);
}

TEST(VerifyContexts, EachThreadHasItsOwn) {
  EXPECT_EQ(&VerifyContexts::ThisThread(), &VerifyContexts::ThisThread());
}

}  // namespace
}  // namespace usher::jose
