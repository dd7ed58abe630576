// The revocations in force, in memory, as every verification reads them.
//
// A lookup takes no lock, allocates nothing and waits for no writer. While
// nothing is revoked it is one load; a kind without entries costs one load too.
//
// How. The set is divided into kShards tables by a hash of the target. A table
// never changes: a writer makes a new one with the change and publishes it
// (base::Snapshot), so an insertion copies 1/kShards of the set. A table is one
// array, at most three quarters full, searched from the place that the hash
// names. An entry takes 32 bytes, about 45 with the free places.
//
// Equality. The 64-bit hash is seeded by the process and only finds the place.
// Where it agrees, the first 128 bits of the target's SHA-256 are compared, so
// that a collision of the hash revokes nothing. It never hides an entry either:
// equal targets have equal hashes, and a search ends at a free place only.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/snapshot.h"
#include "lib/revocation/revocation.h"

namespace usher::revocation {

// What a lookup needs to know of a token whose signature was valid. Borrowed.
struct TokenView {
  std::string_view issuer;  // the configured name
  std::string_view tenant;  // "" where the issuer has no tenants
  std::optional<std::string_view> token_id;
  std::optional<std::string_view> session_id;
  std::optional<std::string_view> subject;
  std::optional<std::string_view> client_id;
  std::optional<absl::Time> issued_at;
  absl::Duration clock_skew;
};

// Thread-safe.
class Set {
 public:
  static constexpr size_t kShards = 4096;

  // An entry that is added or, if `not_issued_after` is absent, removed.
  struct Change {
    Change(const TargetView& target,
           std::optional<absl::Time> not_issued_after);

    Kind kind;
    uint64_t hash;
    std::array<uint64_t, 2> digest;
    std::optional<absl::Time> not_issued_after;
  };

  Set();
  ~Set();
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

  bool empty() const { return size_.load(std::memory_order_acquire) == 0; }

  // The first kind, in their order, by which `token` is revoked.
  std::optional<Kind> Find(const TokenView& token) const {
    if (empty()) return std::nullopt;
    return Search(token);
  }

  // Makes the changes, in order; they are in force when it returns. Of a
  // target that is added twice the later time holds; removing one that is not
  // there does nothing. Writers take turns.
  void Apply(std::span<const Change> changes);

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t size(Kind kind) const {
    return sizes_[static_cast<size_t>(kind)].load(std::memory_order_relaxed);
  }
  // Memory of the tables.
  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  struct Slot;
  class Table;
  struct Shard;

  std::optional<Kind> Search(const TokenView& token) const;
  bool Covers(const TokenView& token, Kind kind, std::string_view value) const;
  // All of `changes` are of this shard.
  void ApplyTo(Shard& shard, std::span<const Change* const> changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_);
  static size_t ShardOf(uint64_t hash);

  std::atomic<size_t> size_{0};
  std::array<std::atomic<size_t>, kKinds> sizes_{};
  std::atomic<size_t> bytes_{0};
  const std::unique_ptr<Shard[]> shards_;
  base::Mutex writer_;  // one at a time
};

}  // namespace usher::revocation
