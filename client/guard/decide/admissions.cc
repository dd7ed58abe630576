#include "client/guard/decide/admissions.h"

#include <algorithm>
#include <utility>

namespace usher::guard {
namespace {

constexpr absl::Duration kSweepInterval = absl::Minutes(1);

}  // namespace

Admissions::KeyView Admissions::ViewOf(const base::TokenKey& key) {
  return {key.hash(), key.token(),
          key.audiences().empty() ? std::string_view()
                                  : std::string_view(key.audiences().front())};
}

void Admissions::Add(const base::TokenKey& key, Admission admission,
                     absl::Time ends, absl::Time now) {
  const KeyView view = ViewOf(key);
  Shard& shard = ShardOf(key);
  // Destroyed after the lock.
  Admission replaced;
  base::MutexLock lock(shard.mutex);
  if (now >= shard.next_sweep) SweepShard(shard, now);
  size_t calls = 1;
  if (const auto found = shard.entries.find(view);
      found != shard.entries.end()) {
    Entry& entry = found->second;
    // What has ended does not count any more.
    calls += now < entry.ends ? entry.calls : 0;
    ends = std::max(ends, entry.ends);
    if (entry.admission.token == admission.token) {
      entry.admission.rule.swap(admission.rule);
      replaced.rule = std::move(admission.rule);
      entry.calls = calls;
      entry.ends = ends;
      return;
    }
    // The key is a view of the old token's text.
    replaced = std::move(entry.admission);
    shard.entries.erase(found);
  }
  Key stored = {view.hash, admission.token->token(), std::string(view.method)};
  shard.entries.emplace(std::move(stored),
                        Entry{std::move(admission), calls, ends});
}

Admission Admissions::Take(const base::TokenKey& key, absl::Time now) {
  Shard& shard = ShardOf(key);
  Admission taken;
  base::MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(ViewOf(key));
  if (found == shard.entries.end()) return taken;
  Entry& entry = found->second;
  if (now >= entry.ends) {
    shard.entries.erase(found);
    return taken;
  }
  if (entry.calls > 1) {
    --entry.calls;
    taken = entry.admission;
  } else {
    taken = std::move(entry.admission);
    shard.entries.erase(found);
  }
  return taken;
}

void Admissions::Erase(const base::TokenKey& key) {
  Shard& shard = ShardOf(key);
  Admission erased;
  base::MutexLock lock(shard.mutex);
  const auto found = shard.entries.find(ViewOf(key));
  if (found == shard.entries.end()) return;
  erased = std::move(found->second.admission);
  shard.entries.erase(found);
}

void Admissions::SweepShard(Shard& shard, absl::Time now) {
  absl::erase_if(shard.entries,
                 [now](const auto& each) { return now >= each.second.ends; });
  shard.next_sweep = now + kSweepInterval;
}

void Admissions::Sweep(absl::Time now) {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    SweepShard(shard, now);
  }
}

size_t Admissions::calls() const {
  size_t sum = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    for (const auto& [key, entry] : shard.entries) sum += entry.calls;
  }
  return sum;
}

}  // namespace usher::guard
