// The calls that the gate has admitted and that have not reached the
// interceptor yet.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "client/guard/decide/known_token.h"
#include "lib/base/mutex.h"
#include "lib/base/token_key.h"
#include "usher/method_policy.h"

namespace usher::guard {

// What an admission says.
struct Admission {
  std::shared_ptr<const KnownToken> token;
  // The rule that admitted the call. Null for a method without a wrapper.
  std::shared_ptr<const MethodRule> rule = nullptr;
};

// gRPC has nothing that passes from the gate to the interceptor of a call but
// its metadata, so an admission is found by token, and by method if a wrapper
// stands in front of the handler. Calls with the same token share one entry,
// which counts them. No entry makes room for another: the memory of a token is
// reserved before its calls are admitted (known_token.h).
//
// Thread-safe: 64 shards. A lock is held for no longer than one comparison of
// two tokens, and once a minute for a look at each entry of a shard.
class Admissions {
 public:
  // Admits one more call with this token. `key` has the method as its only
  // audience, or no audience. The admission ends at `ends`.
  void Add(const base::TokenKey& key, Admission admission, absl::Time ends,
           absl::Time now);

  // Ends the admission of one call and returns it. Its token is null if there
  // is none.
  Admission Take(const base::TokenKey& key, absl::Time now);

  // Ends the admissions of all calls with this key.
  void Erase(const base::TokenKey& key);

  // Frees the memory of admissions that have ended.
  void Sweep(absl::Time now);

  // How many calls are admitted.
  size_t calls() const;

 private:
  static constexpr size_t kShards = 64;

  // A view of a key.
  struct KeyView {
    uint64_t hash;
    std::string_view token;
    std::string_view method;
  };
  struct Key {
    uint64_t hash;
    std::string_view token;  // of the entry's KnownToken
    std::string method;

    operator KeyView() const { return {hash, token, method}; }
  };
  struct Hash {
    using is_transparent = void;
    // The bits that did not choose the shard: they are mixed already.
    size_t operator()(const KeyView& key) const { return key.hash / kShards; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const {
      return a.hash == b.hash && a.method == b.method &&
             base::SameToken(a.token, b.token);
    }
  };
  struct Entry {
    Admission admission;
    size_t calls;
    absl::Time ends;  // of the call that was admitted last
  };
  struct alignas(64) Shard {
    mutable base::Mutex mutex;
    absl::flat_hash_map<Key, Entry, Hash, Equal> entries ABSL_GUARDED_BY(mutex);
    absl::Time next_sweep ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
  };

  static KeyView ViewOf(const base::TokenKey& key);
  static void SweepShard(Shard& shard, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  Shard& ShardOf(const base::TokenKey& key) {
    return shards_[key.hash() % kShards];
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace usher::guard
