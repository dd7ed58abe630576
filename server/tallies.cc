#include "server/tallies.h"

namespace usher::server {
namespace {

Tallies::ByIssuer RowsFor(const std::vector<std::string>& names) {
  Tallies::ByIssuer rows;
  rows.emplace("", std::make_shared<Tallies::OfIssuer>());
  for (const std::string& name : names) {
    rows.emplace(name, std::make_shared<Tallies::OfIssuer>());
  }
  return rows;
}

void Increment(Tallies::Counter& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Tallies::Tallies(const std::vector<std::string>& issuer_names)
    : by_issuer_(RowsFor(issuer_names)) {}

Tallies::OfIssuer& Tallies::Of(std::string_view issuer_name) const {
  auto found = by_issuer_.find(issuer_name);
  if (found == by_issuer_.end()) found = by_issuer_.find("");
  return *found->second;
}

void Tallies::OnVerdict(std::string_view issuer_name,
                        std::optional<base::Reason> reason, verify::Path path,
                        bool stale_keys, absl::Duration took) {
  OfIssuer& row = Of(issuer_name);
  Increment(row.verdicts[reason ? static_cast<size_t>(*reason) : 0]);
  if (stale_keys) Increment(row.stale_served);
  verified_[static_cast<size_t>(path)].Observe(took);
}

void Tallies::OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
                      const absl::Status& result, absl::Duration took) {
  Increment(Of(issuer_name).fetches[static_cast<size_t>(trigger)][result.ok()]);
  fetched_.Observe(took);
}

void Tallies::OnKeysChanged(const std::string&, size_t) {}

Tallies::VerdictTotals Tallies::CountVerdicts() const {
  VerdictTotals out{};
  for (const auto& [name, row] : by_issuer_) {
    for (size_t i = 0; i < kVerdicts; ++i) {
      out[i] += row->verdicts[i].load(std::memory_order_relaxed);
    }
  }
  return out;
}

void Tallies::OnEnded(Rpc rpc, grpc::StatusCode code, absl::Duration took) {
  OfRpc& row = rpcs_[static_cast<size_t>(rpc)];
  // All of gRPC's codes are in range; anything else would be a fault of ours.
  const size_t index = static_cast<size_t>(code);
  Increment(row.codes[index < kCodes ? index : size_t{grpc::UNKNOWN}]);
  row.took.Observe(took);
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace usher::server
