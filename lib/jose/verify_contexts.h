// OpenSSL's state for verifying with one key, created once and reused: creating
// it for every token costs microseconds and takes locks that all threads share.
#pragma once

#include <array>
#include <cstdint>

#include "lib/jose/key.h"
#include "lib/jose/openssl.h"

namespace usher::jose {

// For one key and algorithm.
struct VerifyContext {
  // RSA and ECDSA: EVP_PKEY_verify() takes a digest and can be repeated.
  PkeyCtxPtr pkey_ctx;
  // EdDSA: takes the whole message.
  MdCtxPtr md_ctx;
};

// The contexts that one thread used last, at most kMax. Not thread-safe: one
// object for each thread. A context is found by the serial of the key, never by
// its address, so a new key in the memory of an old one does not find the old
// context. A context holds its own reference to OpenSSL's key, which lives
// until the context is evicted.
class VerifyContexts {
 public:
  static constexpr size_t kMax = 256;

  static VerifyContexts& ThisThread();

  // Null if OpenSSL cannot create one. Valid until the next call.
  VerifyContext* For(const Key& key, Alg alg);

 private:
  // Compared member by member, so that two keys can never share a context,
  // whatever the number of algorithms.
  struct Id {
    uint64_t key_serial = 0;  // 0: no key
    Alg alg = {};
    bool operator==(const Id&) const = default;
  };
  struct Slot {
    Id id;
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
