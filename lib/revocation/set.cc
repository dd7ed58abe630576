#include "lib/revocation/set.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "lib/base/text/strings.h"

namespace usher::revocation {
namespace {

// 0 marks a free place.
uint64_t HashOf(const TargetView& target) {
  const auto kind = static_cast<uint8_t>(target.kind);
  return absl::HashOf(kind, base::Absl(target.issuer),
                      base::Absl(target.tenant), base::Absl(target.value)) |
         1;
}

std::array<uint64_t, 2> Half(const TargetDigest& digest) {
  std::array<uint64_t, 2> half;
  static_assert(sizeof half <= sizeof digest);
  std::memcpy(half.data(), digest.data(), sizeof half);
  return half;
}

}  // namespace

struct Set::Slot {
  uint64_t hash = 0;
  std::array<uint64_t, 2> digest{};
  int64_t not_issued_after = 0;  // nanoseconds since 1970

  // A time outside the range is the nearest end of it.
  static int64_t Nanoseconds(absl::Time time) {
    return absl::ToUnixNanos(time);
  }
};

// Immutable once published.
class Set::Table {
 public:
  Table() = default;
  // For `entries` entries, a quarter of the places free, and at least one.
  explicit Table(size_t entries) : slots_(entries + entries / 3 + 1) {}

  size_t bytes() const { return slots_.capacity() * sizeof(Slot); }
  const std::vector<Slot>& slots() const { return slots_; }

  // `digest()` is called only where the hash agrees.
  template <typename Digest>
  const Slot* Find(uint64_t hash, Digest digest) const {
    if (slots_.empty()) return nullptr;
    for (size_t i = PlaceOf(hash);; i = i + 1 < slots_.size() ? i + 1 : 0) {
      const Slot& slot = slots_[i];
      if (slot.hash == 0) return nullptr;
      if (slot.hash == hash && slot.digest == digest()) return &slot;
    }
  }

  // Only for a new table with room.
  void Add(const Slot& slot) {
    size_t i = PlaceOf(slot.hash);
    while (slots_[i].hash != 0) i = i + 1 < slots_.size() ? i + 1 : 0;
    slots_[i] = slot;
  }

 private:
  // The lower half of the hash, scaled to the size; the shard is of the upper.
  size_t PlaceOf(uint64_t hash) const {
    return static_cast<size_t>((hash & 0xffffffff) * slots_.size() >> 32);
  }

  std::vector<Slot> slots_;
};

struct Set::Shard {
  base::Snapshot<Table> table{std::make_unique<const Table>()};
};

Set::Change::Change(const TargetView& target,
                    std::optional<absl::Time> not_issued_after_of)
    : kind(target.kind),
      hash(HashOf(target)),
      digest(Half(DigestOf(target))),
      not_issued_after(not_issued_after_of) {}

Set::Set() : shards_(std::make_unique<Shard[]>(kShards)) {}
Set::~Set() = default;

size_t Set::ShardOf(uint64_t hash) {
  static_assert(kShards == 1 << 12);
  return hash >> (64 - 12);
}

std::optional<Kind> Set::Search(const TokenView& token) const {
  const std::pair<Kind, std::optional<std::string_view>> values[] = {
      {Kind::kTokenId, token.token_id},
      {Kind::kSession, token.session_id},
      {Kind::kSubject, token.subject},
      {Kind::kClient, token.client_id},
      {Kind::kEverything, std::string_view()}};
  static_assert(std::size(values) == kKinds);
  for (const auto& [kind, value] : values) {
    if (sizes_[static_cast<size_t>(kind)].load(std::memory_order_acquire) > 0 &&
        value && Covers(token, kind, *value)) {
      return kind;
    }
  }
  return std::nullopt;
}

bool Set::Covers(const TokenView& token, Kind kind,
                 std::string_view value) const {
  const TargetView target = {token.issuer, token.tenant, kind, value};
  const uint64_t hash = HashOf(target);
  const auto table = shards_[ShardOf(hash)].table.Read();
  const Slot* slot = table->Find(hash, [&] { return Half(DigestOf(target)); });
  if (!slot) return false;
  if (!SparesLaterTokens(kind) || !token.issued_at) return true;
  return Slot::Nanoseconds(*token.issued_at - token.clock_skew) <=
         slot->not_issued_after;
}

void Set::Apply(std::span<const Change> changes) {
  const base::MutexLock lock(writer_);
  // The changes of each shard together, in their order.
  std::vector<const Change*> order;
  order.reserve(changes.size());
  for (const Change& change : changes) order.push_back(&change);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) {
    return ShardOf(a->hash) < ShardOf(b->hash);
  });
  for (auto begin = order.begin(); begin != order.end();) {
    const size_t shard = ShardOf((*begin)->hash);
    const auto end = std::find_if(begin, order.end(), [&](auto* change) {
      return ShardOf(change->hash) != shard;
    });
    ApplyTo(shards_[shard], std::span(begin, end));
    begin = end;
  }
}

void Set::ApplyTo(Shard& shard, std::span<const Change* const> changes) {
  absl::flat_hash_map<std::array<uint64_t, 2>, Slot> slots;
  size_t bytes_before = 0;
  {
    const auto old = shard.table.Read();
    bytes_before = old->bytes();
    for (const Slot& slot : old->slots()) {
      if (slot.hash != 0) slots.emplace(slot.digest, slot);
    }
  }
  std::array<size_t, kKinds> added{};
  std::array<size_t, kKinds> removed{};
  for (const Change* change : changes) {
    const auto kind = static_cast<size_t>(change->kind);
    if (!change->not_issued_after) {
      removed[kind] += slots.erase(change->digest);
      continue;
    }
    const Slot slot = {change->hash, change->digest,
                       Slot::Nanoseconds(*change->not_issued_after)};
    const auto [place, is_new] = slots.emplace(change->digest, slot);
    place->second.not_issued_after =
        std::max(place->second.not_issued_after, slot.not_issued_after);
    added[kind] += is_new;
  }
  auto next = slots.empty() ? std::make_unique<Table>()
                            : std::make_unique<Table>(slots.size());
  for (const auto& [digest, slot] : slots) next->Add(slot);
  // Counted before an entry can be found and after it cannot: a reader that
  // sees 0 need not look.
  for (size_t kind = 0; kind < kKinds; ++kind) {
    sizes_[kind].fetch_add(added[kind]);
    size_.fetch_add(added[kind]);
  }
  bytes_.fetch_add(next->bytes() - bytes_before, std::memory_order_relaxed);
  shard.table.Publish(std::move(next));
  for (size_t kind = 0; kind < kKinds; ++kind) {
    sizes_[kind].fetch_sub(removed[kind]);
    size_.fetch_sub(removed[kind]);
  }
}

}  // namespace usher::revocation
