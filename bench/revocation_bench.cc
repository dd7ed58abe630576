// Revocations: a look into the set, an insertion, and the start of a store.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/revocation/set.h"
#include "lib/revocation/store.h"

namespace usher::revocation {
namespace {

std::string Name(size_t i) {
  // As long as a UUID.
  std::string name = std::to_string(i);
  name.resize(36, '-');
  return name;
}

// All are tokens; two of the other kinds have one entry each, so that a look
// searches for each kind.
const Set& SetOf(size_t entries) {
  static std::map<size_t, std::unique_ptr<Set>> sets;
  std::unique_ptr<Set>& set = sets[entries];
  if (set) return *set;
  set = std::make_unique<Set>();
  if (entries == 0) return *set;
  std::vector<Set::Change> changes;
  for (size_t i = 0; i < entries; ++i) {
    changes.emplace_back(TargetView{"corp", "", Kind::kTokenId, Name(i)},
                         absl::InfiniteFuture());
  }
  for (const Kind kind : {Kind::kSession, Kind::kSubject, Kind::kClient}) {
    changes.emplace_back(TargetView{"corp", "", kind, "other"},
                         absl::InfiniteFuture());
  }
  changes.emplace_back(TargetView{"partner", "", Kind::kEverything, ""},
                       absl::InfiniteFuture());
  set->Apply(changes);
  return *set;
}

// A token that is not revoked, another one each time.
void Find(benchmark::State& state) {
  const auto entries = static_cast<size_t>(state.range(0));
  const Set& set = SetOf(entries);
  std::vector<std::string> names;
  for (size_t i = 0; i < 100'000; ++i) names.push_back(Name(1'000'000'000 + i));
  const absl::Time now = absl::Now();
  size_t i = 0;
  for (auto _ : state) {
    const std::string& name = names[i++ % names.size()];
    benchmark::DoNotOptimize(set.Find({.issuer = "corp",
                                       .token_id = name,
                                       .session_id = name,
                                       .subject = name,
                                       .client_id = "shop",
                                       .issued_at = now}));
  }
  if (entries > 0) {
    state.counters["bytes_per_entry"] =
        static_cast<double>(set.bytes()) / static_cast<double>(entries);
  }
}
BENCHMARK(Find)->Arg(0)->Arg(1000)->Arg(1'000'000);

void Insert(benchmark::State& state) {
  Set& set = const_cast<Set&>(SetOf(static_cast<size_t>(state.range(0))));
  const Set::Change add({"corp", "", Kind::kTokenId, "one more"},
                        absl::InfiniteFuture());
  const Set::Change remove({"corp", "", Kind::kTokenId, "one more"},
                           std::nullopt);
  for (auto _ : state) {
    set.Apply({&add, 1});
    set.Apply({&remove, 1});
  }
  state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(Insert)->Arg(1000)->Arg(1'000'000);

// The time until a store with so many revocations has them in force.
void Start(benchmark::State& state) {
  const auto entries = static_cast<size_t>(state.range(0));
  std::string pattern =
      (std::filesystem::temp_directory_path() / "usher-XXXXXX").string();
  const std::string directory = mkdtemp(pattern.data());
  const Store::Options options = {.file = directory + "/revocations.db"};
  const base::SystemClock clock;
  {
    auto store = *Store::Open(options, clock);
    for (size_t done = 0; done < entries;) {
      const size_t end = std::min(done + Store::kMostWaiting / 2, entries);
      std::promise<void> last;
      for (; done < end; ++done) {
        store->Revoke({.target = {"corp", "", Kind::kTokenId, Name(done)},
                       .reason = "bench"},
                      [&last, is_last = done + 1 == end](const auto& revoked) {
                        if (!revoked.ok()) std::abort();
                        if (is_last) last.set_value();
                      });
      }
      last.get_future().wait();
    }
  }
  for (auto _ : state) {
    const auto store = *Store::Open(options, clock);
    if (store->set().size() != entries) state.SkipWithError("some are lost");
  }
  state.counters["file_bytes_per_entry"] =
      static_cast<double>(std::filesystem::file_size(*options.file)) /
      static_cast<double>(entries);
  std::filesystem::remove_all(directory);
}
BENCHMARK(Start)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace usher::revocation
