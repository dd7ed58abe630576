#include "lib/verify/token_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/jose/digest.h"

namespace usher::verify {
namespace {

constexpr size_t kTail = 32;  // characters that find the place
// List node, map slot, control blocks: what an entry costs beside its texts.
constexpr size_t kOverhead = 256;

uint64_t Load(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Looks at every byte whatever the first difference, so that the time taken
// tells nobody how much of a token was right. Wider than CRYPTO_memcmp's bytes,
// which would cost half a microsecond for a token.
bool EqualInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  uint64_t difference = 0;
  size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    difference |= Load(a.data() + i) ^ Load(b.data() + i);
  }
  for (; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

std::array<uint64_t, 5> RandomSeeds() {
  std::array<uint64_t, 5> seeds;
  const std::string bytes = jose::RandomBytes(sizeof seeds);
  std::memcpy(seeds.data(), bytes.data(), sizeof seeds);
  return seeds;
}

}  // namespace

TokenCache::TokenCache(Limits limits)
    : limits_(limits), seeds_(RandomSeeds()) {}

// The tail of a verified token is its signature's, which an issuer chose and
// nobody else can: good enough to spread entries. It decides nothing.
uint64_t TokenCache::HashOf(std::string_view token) const {
  char tail[kTail] = {};
  const size_t count = std::min(token.size(), kTail);
  std::memcpy(tail, token.data() + token.size() - count, count);
  return Mix(Load(tail) ^ seeds_[0], Load(tail + 8) ^ seeds_[1]) ^
         Mix(Load(tail + 16) ^ seeds_[2], Load(tail + 24) ^ seeds_[3]) ^
         Mix(token.size() ^ seeds_[4], seeds_[0] | 1);
}

std::shared_ptr<const SignedClaims> TokenCache::Find(std::string_view token,
                                                     absl::Time now) {
  if (limits_.entries == 0) return nullptr;
  const uint64_t hash = HashOf(token);
  Shard& shard = shards_[hash % kShards];
  std::lock_guard lock(shard.mutex);
  const auto found = shard.by_hash.find(hash);
  if (found == shard.by_hash.end() ||
      !EqualInConstantTime(found->second->token, token)) {
    ++shard.misses;
    return nullptr;
  }
  if (now >= found->second->ends) {
    Drop(shard, found->second);
    ++shard.misses;
    return nullptr;
  }
  shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
  ++shard.hits;
  return found->second->believed;
}

void TokenCache::Put(std::string_view token,
                     std::shared_ptr<const SignedClaims> believed,
                     absl::Time now) {
  const size_t most_entries = limits_.entries / kShards + 1;
  const size_t most_bytes = limits_.bytes / kShards;
  const absl::Time ends = std::min(believed->claims.expires_at.value_or(now),
                                   now + limits_.longest_life);
  const size_t bytes = token.size() + believed->claims.Footprint() + kOverhead;
  if (limits_.entries == 0 || bytes > most_bytes || ends <= now) return;

  const uint64_t hash = HashOf(token);
  Shard& shard = shards_[hash % kShards];
  std::lock_guard lock(shard.mutex);
  if (auto found = shard.by_hash.find(hash); found != shard.by_hash.end()) {
    Drop(shard, found->second);
  }
  while (!shard.by_use.empty() && (shard.by_use.size() >= most_entries ||
                                   shard.bytes + bytes > most_bytes)) {
    Drop(shard, std::prev(shard.by_use.end()));
    ++shard.evictions;
  }
  shard.by_use.push_front(
      {std::string(token), std::move(believed), ends, bytes, hash});
  shard.by_hash.emplace(hash, shard.by_use.begin());
  shard.bytes += bytes;
}

void TokenCache::Erase(std::string_view token) {
  const uint64_t hash = HashOf(token);
  Shard& shard = shards_[hash % kShards];
  std::lock_guard lock(shard.mutex);
  const auto found = shard.by_hash.find(hash);
  if (found != shard.by_hash.end() &&
      EqualInConstantTime(found->second->token, token)) {
    Drop(shard, found->second);
  }
}

void TokenCache::Drop(Shard& shard, std::list<Entry>::iterator entry) {
  shard.bytes -= entry->bytes;
  shard.by_hash.erase(entry->hash);
  shard.by_use.erase(entry);
}

TokenCache::Counts TokenCache::counts() const {
  Counts sum;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.evictions += shard.evictions;
    sum.entries += shard.by_use.size();
    sum.bytes += shard.bytes;
  }
  return sum;
}

}  // namespace usher::verify
