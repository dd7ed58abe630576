#include "server/stats/counters.h"

#include <algorithm>

namespace usher::server {

void Counters::OnVerdict(std::string_view issuer_name,
                         std::optional<Reason> reason,
                         verify::VerdictSource source, bool stale_keys,
                         absl::Duration took) {
  const auto rows = issuers_.Read();
  Counter* row = IssuerRows::Find(*rows, issuer_name);
  verdicts.Add(row, reason);
  if (stale_keys) stale_keys_served.Add(row);
  verify_duration.Observe(took, source);
}

void Counters::OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
                       const absl::Status& result, absl::Duration took) {
  const auto rows = issuers_.Read();
  fetches.Add(IssuerRows::Find(*rows, issuer_name), trigger,
              result.ok() ? FetchResult::kOk : FetchResult::kFailed);
  fetch_duration.Observe(took);
}

void Counters::OnAnswer(const std::string& issuer_name,
                        const introspect::Answer& answer, absl::Duration took) {
  const auto rows = issuers_.Read();
  introspections.Add(
      IssuerRows::Find(*rows, issuer_name),
      static_cast<IntrospectionResult>(introspect::ResultOf(answer)));
  if (took > absl::ZeroDuration()) introspection_duration.Observe(took);
}

std::vector<std::string> Counters::issuer_names() const {
  std::vector<std::string> names;
  const auto rows = issuers_.Read();
  for (const auto& [name, row] : *rows) {
    if (!name.empty()) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

void Counters::OnEnded(Rpc rpc, grpc::StatusCode code, absl::Duration took) {
  // gRPC's codes are all in range.
  const bool known = code >= 0 && code <= grpc::StatusCode::UNAUTHENTICATED;
  requests.Add(rpc, known ? code : grpc::StatusCode::UNKNOWN);
  request_duration.Observe(took, rpc);
  in_flight.Add(-1);
}

}  // namespace usher::server
