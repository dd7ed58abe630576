#include "server/stats/counters.h"

#include <utility>

namespace usher::server {
namespace {

using Rows = Counters::ByIssuer;

// The row of no issuer where there is none of this one.
Counters::OfIssuer& Of(std::string_view name, const Rows& rows) {
  auto found = rows.find(name);
  if (found == rows.end()) found = rows.find("");
  return *found->second;
}

// Rows for `names`, and for "": those of `last`, or new ones.
std::unique_ptr<const Rows> RowsFor(const std::vector<std::string>& names,
                                    const Rows& last) {
  auto rows = std::make_unique<Rows>();
  const auto add = [&](const std::string& name) {
    const auto [row, added] = rows->try_emplace(name);
    if (!added) return;
    const auto found = last.find(name);
    row->second = found != last.end() ? found->second
                                      : std::make_shared<Counters::OfIssuer>();
  };
  add("");
  for (const std::string& name : names) add(name);
  return rows;
}

void Increment(Counters::Counter& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Counters::Counters(const std::vector<std::string>& issuer_names)
    : by_issuer_(RowsFor(issuer_names, {})) {}

void Counters::Follow(const std::vector<std::string>& issuer_names) {
  const auto rows = by_issuer_.Read();
  by_issuer_.Publish(RowsFor(issuer_names, *rows));
}

void Counters::OnVerdict(std::string_view issuer_name,
                         std::optional<Reason> reason,
                         verify::VerdictSource source, bool stale_keys,
                         absl::Duration took) {
  const auto rows = by_issuer_.Read();
  OfIssuer& row = Of(issuer_name, *rows);
  Increment(row.verdicts[reason ? static_cast<size_t>(*reason) : 0]);
  if (stale_keys) Increment(row.stale_served);
  verified_[static_cast<size_t>(source)].Observe(took);
}

void Counters::OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
                       const absl::Status& result, absl::Duration took) {
  const auto rows = by_issuer_.Read();
  OfIssuer& row = Of(issuer_name, *rows);
  Increment(row.fetches[static_cast<size_t>(trigger)][result.ok()]);
  fetched_.Observe(took);
}

void Counters::OnKeysChanged(const std::string&, size_t) {}

Counters::VerdictTotals Counters::CountVerdicts() const {
  VerdictTotals out{};
  const auto rows = by_issuer_.Read();
  for (const auto& [name, row] : *rows) {
    for (size_t i = 0; i < kVerdicts; ++i) {
      out[i] += row->verdicts[i].load(std::memory_order_relaxed);
    }
  }
  return out;
}

void Counters::OnEnded(Rpc rpc, grpc::StatusCode code, absl::Duration took) {
  OfRpc& row = rpcs_[static_cast<size_t>(rpc)];
  // All of gRPC's codes are in range; anything else would be a fault of ours.
  const size_t index = static_cast<size_t>(code);
  Increment(row.codes[index < kCodes ? index : size_t{grpc::UNKNOWN}]);
  row.took.Observe(took);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace usher::server
