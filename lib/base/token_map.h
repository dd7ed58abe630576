// Something remembered of a token, for a while, within bounds.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/token_key.h"

namespace usher::base {

struct TokenMapLimits {
  size_t entries;
  size_t bytes;  // tokens, values and overhead together
};

// Thread-safe: 64 shards, each with a lock of its own, a 64th of the bounds,
// and least-recently-used eviction. No lock is held for longer than a compare.
template <typename Value>
class TokenMap {
 public:
  explicit TokenMap(TokenMapLimits limits)
      : shard_limits_{std::max<size_t>(1, limits.entries / kShards),
                      limits.bytes / kShards} {}

  // What was put there for exactly this key and has not ended, or null.
  std::shared_ptr<const Value> Find(const TokenKey& key, absl::Time now) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.by_hash.find(key.hash());
    if (found == shard.by_hash.end()) return nullptr;
    Entry& entry = *found->second;
    if (!entry.IsFor(key)) return nullptr;
    if (now >= entry.ends) {
      Drop(shard, found->second);
      return nullptr;
    }
    shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
    return entry.value;
  }

  // Remembers `value`, of `value_bytes`, until `ends`.
  void Put(const TokenKey& key, std::shared_ptr<const Value> value,
           size_t value_bytes, absl::Time ends) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    if (const auto found = shard.by_hash.find(key.hash());
        found != shard.by_hash.end()) {
      Entry& entry = *found->second;
      if (entry.value == value && entry.IsFor(key)) {
        // The frequent case, for which nothing is copied.
        entry.ends = ends;
        shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
        return;
      }
      Drop(shard, found->second);
    }
    const size_t bytes = kOverhead + value_bytes + BytesOf(key);
    if (bytes > shard_limits_.bytes) return;
    MakeRoom(shard, bytes);
    shard.by_use.push_front(
        Entry{.token = std::string(key.token()),
              .audiences = {key.audiences().begin(), key.audiences().end()},
              .value = std::move(value),
              .ends = ends,
              .bytes = bytes,
              .hash = key.hash()});
    shard.by_hash[key.hash()] = shard.by_use.begin();
    shard.bytes += bytes;
  }

  // Forgets what was put there for exactly this key.
  void Drop(const TokenKey& key) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.by_hash.find(key.hash());
    if (found == shard.by_hash.end() || !found->second->IsFor(key)) return;
    Drop(shard, found->second);
  }

  TokenMapLimits used() const {
    TokenMapLimits sum = {0, 0};
    for (const Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
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
    std::string token;
    std::vector<std::string> audiences;
    std::shared_ptr<const Value> value;
    absl::Time ends;
    size_t bytes;
    uint64_t hash;

    bool IsFor(const TokenKey& key) const {
      return SameToken(token, key.token()) &&
             std::equal(audiences.begin(), audiences.end(),
                        key.audiences().begin(), key.audiences().end());
    }
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Entry> by_use;  // most recently used first
    absl::flat_hash_map<uint64_t, typename std::list<Entry>::iterator> by_hash;
    size_t bytes = 0;
  };

  static size_t BytesOf(const TokenKey& key) {
    size_t bytes = key.token().size();
    for (const std::string& audience : key.audiences()) {
      bytes += sizeof audience + audience.size();
    }
    return bytes;
  }

  static void Drop(Shard& shard, typename std::list<Entry>::iterator entry) {
    shard.bytes -= entry->bytes;
    shard.by_hash.erase(entry->hash);
    shard.by_use.erase(entry);
  }

  void MakeRoom(Shard& shard, size_t bytes) {
    while (!shard.by_use.empty() &&
           (shard.by_use.size() >= shard_limits_.entries ||
            shard.bytes + bytes > shard_limits_.bytes)) {
      Drop(shard, std::prev(shard.by_use.end()));
    }
  }

  Shard& ShardOf(const TokenKey& key) { return shards_[key.hash() % kShards]; }

  const TokenMapLimits shard_limits_;
  std::array<Shard, kShards> shards_;
};

}  // namespace usher::base
