// OpenSSL's per-key state for verifying, made once and used again: making it
// for every token costs microseconds and takes locks that all threads share.
#pragma once

#include <array>
#include <cstdint>

#include "lib/jose/key.h"
#include "lib/jose/openssl.h"

namespace usher::jose {

// For one key and algorithm.
struct VerifyContext {
  // RSA and ECDSA: EVP_PKEY_verify() takes a digest, again and again.
  PkeyCtxPtr pkey_ctx;
  // EdDSA, which takes the whole message.
  MdCtxPtr md_ctx;
};

// The contexts that a thread used last, at most kMax: not thread-safe, one for
// each thread. A context is found by the key's serial, never by its address,
// so that a new key in an old one's memory finds nothing of it; it holds its
// own reference to OpenSSL's key, which so lives until it is pushed out.
class VerifyContexts {
 public:
  static constexpr size_t kMax = 256;

  static VerifyContexts& ThisThread();

  // Null when OpenSSL will not make one. Valid until the next call.
  VerifyContext* For(const Key& key, Alg alg);

 private:
  struct Slot {
    uint64_t tag = 0;  // 0: free
    uint64_t used = 0;
    VerifyContext context;
  };
  // A key may be in any slot of its row.
  static constexpr size_t kRowSize = 8;
  using Row = std::array<Slot, kRowSize>;

  Row& RowFor(const Key& key, Alg alg);

  std::array<Row, kMax / kRowSize> rows_;
  uint64_t uses_ = 0;
};

}  // namespace usher::jose
