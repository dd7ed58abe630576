#include "lib/jose/verify_contexts.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

#include "lib/jose/material.h"

namespace usher::jose {
namespace {

bool SetPss(EVP_PKEY_CTX* ctx, const EVP_MD* md) {
  // By default OpenSSL accepts any salt length; RFC 7518 section 3.5 requires
  // that of the digest.
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

PkeyCtxPtr NewPkeyCtx(EVP_PKEY* key, const AlgInfo& info) {
  PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const EVP_MD* md = FetchedMd(info.digest);
  if (ctx == nullptr || EVP_PKEY_verify_init(ctx.get()) != 1) return nullptr;
  const bool padded =
      info.padding == Padding::kNone ||
      (info.padding == Padding::kPss
           ? SetPss(ctx.get(), md)
           : EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING) == 1);
  // With the digest set, OpenSSL refuses one of another size.
  if (!padded || EVP_PKEY_CTX_set_signature_md(ctx.get(), md) != 1) {
    return nullptr;
  }
  return ctx;
}

MdCtxPtr NewMdCtx(EVP_PKEY* key) {
  MdCtxPtr ctx(EVP_MD_CTX_new());
  if (ctx == nullptr ||
      EVP_DigestVerifyInit_ex(ctx.get(), nullptr, nullptr, nullptr, nullptr,
                              key, nullptr) != 1) {
    return nullptr;
  }
  return ctx;
}

VerifyContext NewContext(const Key& key, Alg alg) {
  const AlgInfo& info = InfoOf(alg);
  EVP_PKEY* pkey = key.material().pkey.get();
  if (info.key_type == KeyType::kOkp) return {nullptr, NewMdCtx(pkey)};
  return {NewPkeyCtx(pkey, info), nullptr};
}

}  // namespace

VerifyContexts& VerifyContexts::ThisThread() {
  thread_local const auto contexts = std::make_unique<VerifyContexts>();
  return *contexts;
}

VerifyContexts::Row& VerifyContexts::RowFor(const Key& key, Alg alg) {
  return rows_[(key.serial() + static_cast<uint64_t>(alg)) % rows_.size()];
}

VerifyContext* VerifyContexts::For(const Key& key, Alg alg) {
  const Id id{key.serial(), alg};
  Row& row = RowFor(key, alg);
  Slot* oldest = row.data();
  for (Slot& slot : row) {
    if (slot.id == id) {
      slot.used = ++uses_;
      return &slot.context;
    }
    if (slot.used < oldest->used) oldest = &slot;
  }
  VerifyContext context = NewContext(key, alg);
  if (context.pkey_ctx == nullptr && context.md_ctx == nullptr) {
    ERR_clear_error();
    return nullptr;
  }
  *oldest = Slot{id, ++uses_, std::move(context)};
  return &oldest->context;
}

}  // namespace usher::jose
