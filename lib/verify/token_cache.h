// Remembers tokens whose signature held, so that the second look costs a hash
// and a compare.
//
// It never remembers a decision: time, audience, scope and policy are judged on
// every hit, and so is whether the key is still served and the issuer's
// settings are still the same. Only verified tokens are stored, so nobody can
// fill it with what an issuer did not sign. A hit compares the whole token,
// byte by byte and in constant time; the hash only finds the place.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// Thread-safe. 64 shards, each with a lock of its own, its share of the bounds,
// and least-recently-used eviction.
class TokenCache {
 public:
  struct Limits {
    size_t entries = 65536;     // 0: off
    size_t bytes = 128u << 20;  // tokens, claims and overhead together
    absl::Duration longest_life = absl::Minutes(5);
  };
  explicit TokenCache(Limits limits);

  // What was believed of exactly this token, or null. The caller still judges
  // the key, the issuer, time and policy.
  std::shared_ptr<const SignedClaims> Find(std::string_view token,
                                           absl::Time now);

  // Keeps `believed` until the sooner of its exp and longest_life from now.
  void Put(std::string_view token, std::shared_ptr<const SignedClaims> believed,
           absl::Time now);

  // Forgets this token: its key or issuer is no longer what it was.
  void Erase(std::string_view token);

  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t evictions = 0;  // pushed out by the bounds
    size_t entries = 0;
    size_t bytes = 0;
  };
  Counts counts() const;

 private:
  struct Entry {
    std::string token;
    std::shared_ptr<const SignedClaims> believed;
    absl::Time ends;
    size_t bytes;
    uint64_t hash;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::list<Entry> by_use;  // most recently used first
    absl::flat_hash_map<uint64_t, std::list<Entry>::iterator> by_hash;
    size_t bytes = 0;
    uint64_t hits = 0, misses = 0, evictions = 0;
  };
  static constexpr size_t kShards = 64;

  uint64_t HashOf(std::string_view token) const;
  static void Drop(Shard& shard, std::list<Entry>::iterator entry);

  const Limits limits_;
  const std::array<uint64_t, 5> seeds_;  // random per process
  std::array<Shard, kShards> shards_;
};

}  // namespace usher::verify
