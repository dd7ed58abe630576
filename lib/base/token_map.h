// Values remembered for tokens, for a while and within bounds: the one cache
// behind usherd's verified tokens and the guard's answers.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/token_key.h"

namespace usher::base {

struct TokenMapLimits {
  size_t entries;  // 0: nothing is kept
  size_t bytes;    // tokens, values and overhead together
};

struct TokenMapCounts {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t evictions = 0;  // removed to stay within the limits
  size_t entries = 0;
  size_t bytes = 0;
};

// A value that has the token itself, as token(), spares the map a copy of it.
template <typename Value>
concept HasToken = requires(const Value& value) {
  { value.token() } -> std::convertible_to<std::string_view>;
};

// Thread-safe: 64 shards, each with its own lock, a 64th of the limits (entries
// rounded up) and least-recently-used eviction. A lock is held for no longer
// than one comparison of two tokens.
//
// The hash of a key only finds the place; Find() compares the whole token, in a
// time that does not depend on the content. Two keys with one hash replace each
// other; the hash is seeded, so no sender can choose which.
template <typename Value>
class TokenMap {
 public:
  explicit TokenMap(TokenMapLimits limits)
      : shard_limits_{(limits.entries + kShards - 1) / kShards,
                      limits.bytes / kShards} {}

  // The value that was put for exactly this key and has not expired, or null.
  std::shared_ptr<const Value> Find(const TokenKey& key, absl::Time now) {
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    const auto found = shard.by_hash.find(key.hash());
    if (found == shard.by_hash.end() || !found->second->IsFor(key)) {
      ++shard.misses;
      return nullptr;
    }
    if (now >= found->second->expires_at) {
      ++shard.misses;
      Remove(shard, found->second);
      return nullptr;
    }
    ++shard.hits;
    shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
    return found->second->value;
  }

  // Remembers `value`, which takes `value_bytes`, until `expires_at`. Replaces
  // what was there.
  void Put(const TokenKey& key, std::shared_ptr<const Value> value,
           size_t value_bytes, absl::Time expires_at) {
    const size_t bytes = kOverhead + value_bytes + BytesOf(key);
    if (shard_limits_.entries == 0 || bytes > shard_limits_.bytes) return;
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    if (const auto found = shard.by_hash.find(key.hash());
        found != shard.by_hash.end()) {
      Entry& entry = *found->second;
      if (entry.value == value && entry.IsFor(key)) {
        // The frequent case, in which nothing is copied.
        entry.expires_at = expires_at;
        shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
        return;
      }
      Remove(shard, found->second);
    }
    MakeRoom(shard, bytes);
    shard.by_use.push_front(
        Entry{.copy = std::string(HasToken<Value> ? "" : key.token()),
              .audiences = {key.audiences().begin(), key.audiences().end()},
              .value = std::move(value),
              .expires_at = expires_at,
              .bytes = bytes,
              .hash = key.hash()});
    shard.by_hash.emplace(key.hash(), shard.by_use.begin());
    shard.bytes += bytes;
  }

  // Forgets what was put for exactly this key.
  void Erase(const TokenKey& key) {
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    const auto found = shard.by_hash.find(key.hash());
    if (found == shard.by_hash.end() || !found->second->IsFor(key)) return;
    Remove(shard, found->second);
  }

  TokenMapCounts counts() const {
    TokenMapCounts sum;
    for (const Shard& shard : shards_) {
      MutexLock lock(shard.mutex);
      sum.hits += shard.hits;
      sum.misses += shard.misses;
      sum.evictions += shard.evictions;
      sum.entries += shard.by_use.size();
      sum.bytes += shard.bytes;
    }
    return sum;
  }

 private:
  // List node, map slot, control blocks.
  static constexpr size_t kOverhead = 256;
  static constexpr size_t kShards = 64;

  struct Entry {
    std::string copy;  // of the token, unless the value has it
    std::vector<std::string> audiences;
    std::shared_ptr<const Value> value;
    absl::Time expires_at;
    size_t bytes;
    uint64_t hash;

    std::string_view token() const {
      if constexpr (HasToken<Value>) {
        return value->token();
      } else {
        return copy;
      }
    }
    bool IsFor(const TokenKey& key) const {
      return SameToken(token(), key.token()) &&
             std::equal(audiences.begin(), audiences.end(),
                        key.audiences().begin(), key.audiences().end());
    }
  };
  using Entries = std::list<Entry>;

  // The bits of a hash that did not choose the shard: they are mixed already.
  struct OtherBits {
    size_t operator()(uint64_t hash) const { return hash / kShards; }
  };

  struct alignas(64) Shard {
    mutable Mutex mutex;
    // Most recently used first.
    Entries by_use ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<uint64_t, typename Entries::iterator, OtherBits> by_hash
        ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t hits ABSL_GUARDED_BY(mutex) = 0;
    uint64_t misses ABSL_GUARDED_BY(mutex) = 0;
    uint64_t evictions ABSL_GUARDED_BY(mutex) = 0;
  };

  static size_t BytesOf(const TokenKey& key) {
    size_t bytes = key.token().size();
    for (const std::string& audience : key.audiences()) {
      bytes += sizeof audience + audience.size();
    }
    return bytes;
  }

  static void Remove(Shard& shard, typename Entries::iterator entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    shard.bytes -= entry->bytes;
    shard.by_hash.erase(entry->hash);
    shard.by_use.erase(entry);
  }

  void MakeRoom(Shard& shard, size_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex) {
    while (!shard.by_use.empty() &&
           (shard.by_use.size() >= shard_limits_.entries ||
            shard.bytes + bytes > shard_limits_.bytes)) {
      Remove(shard, std::prev(shard.by_use.end()));
      ++shard.evictions;
    }
  }

  Shard& ShardOf(const TokenKey& key) { return shards_[key.hash() % kShards]; }

  const TokenMapLimits shard_limits_;
  std::array<Shard, kShards> shards_;
};

}  // namespace usher::base
