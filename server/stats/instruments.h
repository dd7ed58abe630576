// Metrics that are counted as things happen.
//
// Declaring an instrument declares the whole metric: its line on /metrics and
// its row in docs/operations.md come from the declaration. Counting is one
// relaxed atomic step, without a lock or an allocation.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/snapshot.h"
#include "lib/base/text/strings.h"
#include "server/stats/latency_histogram.h"

namespace usher::server {

enum class MetricType { kCounter, kGauge, kHistogram };

struct Label {
  std::string_view name;
  // Every value it can have; "" stands for none. Empty where the values are
  // configured names.
  std::span<const std::string_view> values;
};

struct MetricInfo {
  static constexpr size_t kMostLabels = 3;

  std::string_view name;
  MetricType type;
  std::string_view help;
  // Unused ones have no name.
  std::array<Label, kMostLabels> labels{};
};

// Takes the samples of one metric. `values` are those of its labels, in their
// order.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual void Add(std::span<const std::string_view> values, double value) = 0;
  virtual void Add(std::span<const std::string_view> values,
                   const LatencyHistogram& histogram) = 0;
};

class Instrument;
using Instruments = std::vector<const Instrument*>;

class Instrument {
 public:
  Instrument(Instruments& list, MetricInfo info) : info_(info) {
    list.push_back(this);
  }
  virtual ~Instrument() = default;
  Instrument(const Instrument&) = delete;
  Instrument& operator=(const Instrument&) = delete;

  const MetricInfo& info() const { return info_; }
  virtual void Collect(Samples& out) const = 0;

 private:
  const MetricInfo info_;
};

// What makes a type usable as a label. A specialisation has
//   static constexpr size_t kSize;         // of an array indexed by it
//   static Label Get();                    // kSize values, by index
//   static size_t Index(Value);            // below kSize
//   static Value At(size_t index);
template <typename Value>
struct LabelOf;

// For an enum whose enumerators count up from 0: kNames, an array in their
// order, and kLast tie its size.
template <typename Enum, Enum kLast, const auto& kNames>
struct EnumLabel {
  static constexpr size_t kSize = std::size(kNames);
  static_assert(kSize == static_cast<size_t>(kLast) + 1);
  static size_t Index(Enum value) { return static_cast<size_t>(value); }
  static Enum At(size_t index) { return static_cast<Enum>(index); }
};

// The cells of an instrument: one for each combination of label values.
template <typename... Labels>
struct Cells {
  static constexpr size_t kSize = (LabelOf<Labels>::kSize * ... * 1);

  static size_t Index(const Labels&... labels) {
    size_t index = 0;
    ((index = index * LabelOf<Labels>::kSize + LabelOf<Labels>::Index(labels)),
     ...);
    return index;
  }

  // Calls `visit(index, values, labels...)` for each combination that exists:
  // `values` spans the label values, `labels` are their typed form.
  template <typename Visit>
  static void ForEach(Visit visit) {
    const std::array<Label, sizeof...(Labels)> labels = {
        LabelOf<Labels>::Get()...};
    for (size_t index = 0; index < kSize; ++index) {
      std::array<size_t, sizeof...(Labels)> at{};
      size_t rest = index;
      for (size_t i = labels.size(); i-- > 0;) {
        at[i] = rest % labels[i].values.size();
        rest /= labels[i].values.size();
      }
      std::array<std::string_view, sizeof...(Labels)> values;
      bool exists = true;
      for (size_t i = 0; i < labels.size(); ++i) {
        values[i] = labels[i].values[at[i]];
        exists &= !values[i].empty();
      }
      if (!exists) continue;
      Call(visit, index, values, at, std::index_sequence_for<Labels...>());
    }
  }

 private:
  template <typename Visit, size_t... kIndex>
  static void Call(
      Visit& visit, size_t index,
      const std::array<std::string_view, sizeof...(Labels)>& values,
      [[maybe_unused]] const std::array<size_t, sizeof...(Labels)>& at,
      std::index_sequence<kIndex...>) {
    visit(index, std::span<const std::string_view>(values),
          LabelOf<Labels>::At(at[kIndex])...);
  }
};

using Counter = std::atomic<uint64_t>;

inline void Increment(Counter& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}
inline uint64_t Load(const Counter& counter) {
  return counter.load(std::memory_order_relaxed);
}

// Counts by labels.
template <typename... Labels>
class CounterBy final : public Instrument {
 public:
  // Whether a series is on /metrics. Without: always, also at 0.
  using Shown = bool (*)(uint64_t count, Labels...);

  CounterBy(Instruments& list, std::string_view name, std::string_view help,
            Shown shown = nullptr)
      : Instrument(
            list,
            {name, MetricType::kCounter, help, {LabelOf<Labels>::Get()...}}),
        shown_(shown) {}

  void Add(Labels... labels) { Increment(cells_[In::Index(labels...)]); }
  uint64_t count(Labels... labels) const {
    return Load(cells_[In::Index(labels...)]);
  }
  void Collect(Samples& out) const override {
    In::ForEach([&](size_t index, auto values, Labels... labels) {
      const uint64_t count = Load(cells_[index]);
      if (shown_ && !shown_(count, labels...)) return;
      out.Add(values, static_cast<double>(count));
    });
  }

 private:
  using In = Cells<Labels...>;
  const Shown shown_;
  std::array<Counter, In::kSize> cells_{};
};

// Durations by labels.
template <typename... Labels>
class HistogramBy final : public Instrument {
 public:
  HistogramBy(Instruments& list, std::string_view name, std::string_view help)
      : Instrument(
            list,
            {name, MetricType::kHistogram, help, {LabelOf<Labels>::Get()...}}) {
  }

  void Observe(absl::Duration took, Labels... labels) {
    cells_[In::Index(labels...)].Observe(took);
  }
  void Collect(Samples& out) const override {
    In::ForEach([&](size_t index, auto values, Labels...) {
      out.Add(values, cells_[index]);
    });
  }

 private:
  using In = Cells<Labels...>;
  std::array<LatencyHistogram, In::kSize> cells_;
};

// A number that goes up and down.
class Gauge final : public Instrument {
 public:
  Gauge(Instruments& list, std::string_view name, std::string_view help)
      : Instrument(list, {name, MetricType::kGauge, help, {}}) {}

  void Add(int64_t change) {
    value_.fetch_add(change, std::memory_order_relaxed);
  }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }
  void Collect(Samples& out) const override {
    out.Add({}, static_cast<double>(value()));
  }

 private:
  std::atomic<int64_t> value_{0};
};

// The counts of each issuer: a row of cells under each configured name, and one
// under "" for tokens of no configured issuer. So no name from a token ever
// becomes a label. Thread-safe, except for Reserve() and Follow().
class IssuerRows {
 public:
  using Row = std::shared_ptr<Counter[]>;
  using ByName =
      absl::flat_hash_map<std::string, Row, base::StringHash, std::equal_to<>>;

  // Makes room for `cells` in every row and returns the index of the first.
  // Only before Follow().
  size_t Reserve(size_t cells) { return std::exchange(size_, size_ + cells); }

  // From now on these are the names. Rows of names that stay go on; the others
  // are dropped. One call at a time.
  void Follow(std::span<const std::string> names);

  base::Lease<ByName> Read() const { return rows_.Read(); }
  // The row of `name`, or that of "" where there is none.
  static Counter* Find(const ByName& rows, std::string_view name);

 private:
  size_t size_ = 0;
  base::Snapshot<ByName> rows_{std::make_unique<const ByName>()};
};

// Counts by issuer and labels. The issuer is the first label.
template <typename... Labels>
class IssuerCounterBy final : public Instrument {
 public:
  using In = Cells<Labels...>;
  using Totals = std::array<uint64_t, In::kSize>;
  // Whether a series is on /metrics. `issuer` is "" for no configured one.
  using Shown = bool (*)(std::string_view issuer, uint64_t count, Labels...);

  IssuerCounterBy(Instruments& list, IssuerRows& rows, std::string_view name,
                  std::string_view help, Shown shown)
      : Instrument(list, {name,
                          MetricType::kCounter,
                          help,
                          {Label{"issuer", {}}, LabelOf<Labels>::Get()...}}),
        rows_(rows),
        first_(rows.Reserve(In::kSize)),
        shown_(shown) {}

  void Add(Counter* row, Labels... labels) const {
    Increment(row[first_ + In::Index(labels...)]);
  }
  uint64_t count(std::string_view issuer, Labels... labels) const {
    const auto rows = rows_.Read();
    return Load(IssuerRows::Find(*rows, issuer)[first_ + In::Index(labels...)]);
  }
  // Of all issuers together, by the index of the labels. Reads every row.
  Totals Sum() const {
    Totals out{};
    const auto rows = rows_.Read();
    for (const auto& [name, row] : *rows) {
      for (size_t i = 0; i < In::kSize; ++i) out[i] += Load(row[first_ + i]);
    }
    return out;
  }
  void Collect(Samples& out) const override {
    const auto rows = rows_.Read();
    for (const auto& entry : *rows) {
      const auto& issuer = entry.first;
      const auto& row = entry.second;
      In::ForEach([&](size_t index, auto values, Labels... labels) {
        const uint64_t count = Load(row[first_ + index]);
        if (!shown_(issuer, count, labels...)) return;
        std::array<std::string_view, sizeof...(Labels) + 1> with_issuer = {
            issuer};
        std::copy(values.begin(), values.end(), with_issuer.begin() + 1);
        out.Add(with_issuer, static_cast<double>(count));
      });
    }
  }

 private:
  const IssuerRows& rows_;
  const size_t first_;
  const Shown shown_;
};

}  // namespace usher::server
