// What usherd counts as it answers requests and fetches keys.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/introspect/observer.h"
#include "lib/jwks/cache.h"
#include "lib/verify/observer.h"
#include "server/core/rpc_methods.h"
#include "server/stats/instruments.h"
#include "server/stats/labels.h"

namespace usher::server {

// Thread-safe.
class Counters final : public verify::Observer,
                       public jwks::Observer,
                       public introspect::Observer {
 public:
  // Counts by issuer are kept under these names and under "".
  explicit Counters(const std::vector<std::string>& issuer_names) {
    Follow(issuer_names);
  }

  // From now on these are the names. The counts of names that stay go on, the
  // others are dropped; a late event of a dropped issuer counts under "". One
  // call at a time.
  void Follow(const std::vector<std::string>& issuer_names) {
    issuers_.Follow(issuer_names);
  }

  // verify::Observer
  void OnVerdict(std::string_view issuer_name, std::optional<Reason> reason,
                 verify::VerdictSource source, bool stale_keys,
                 absl::Duration took) override;
  // jwks::Observer
  void OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
               const absl::Status& result, absl::Duration took) override;
  void OnKeysChanged(const std::string&, size_t) override {}

  // introspect::Observer
  void OnAnswer(const std::string& issuer_name,
                const introspect::Answer& answer, absl::Duration took) override;

  // A request begins and ends.
  void OnBegun() { in_flight.Add(1); }
  void OnEnded(Rpc rpc, grpc::StatusCode code, absl::Duration took);

  // The configured issuers that are counted, in order.
  std::vector<std::string> issuer_names() const;
  // Every instrument below.
  const Instruments& instruments() const { return instruments_; }

 private:
  Instruments instruments_;
  IssuerRows issuers_;

 public:
  CounterBy<Rpc, grpc::StatusCode> requests{
      instruments_, "usher_requests_total",
      "Requests answered, by gRPC code. A denied token is an answer: OK.",
      [](uint64_t count, Rpc, grpc::StatusCode code) {
        return count > 0 || code == grpc::StatusCode::OK;
      }};

  HistogramBy<Rpc> request_duration{
      instruments_, "usher_request_duration_seconds",
      "From the arrival of a request to its answer."};

  Gauge in_flight{instruments_, "usher_in_flight_requests",
                  "Requests being answered now."};

  // rate() does not see the first step of a series that begins with it, and the
  // first undecided verdict can be an outage: those series are there from the
  // start.
  IssuerCounterBy<VerdictResult> verdicts{
      instruments_, issuers_, "usher_verdicts_total",
      "Verdicts on tokens: VERIFIED or a Reason. issuer is empty where the "
      "token names no configured issuer.",
      [](std::string_view issuer, uint64_t count, VerdictResult result) {
        return count > 0 || !result ||
               (!issuer.empty() && IsUndecided(*result));
      }};

  HistogramBy<verify::VerdictSource> verify_duration{
      instruments_, "usher_verify_duration_seconds",
      "Verification of one token: found in the token cache (cache), verified "
      "with the keys in memory (local), or after waiting for keys (network)."};

  IssuerCounterBy<jwks::Trigger, FetchResult> fetches{
      instruments_, issuers_, "usher_key_set_fetches_total",
      "Attempts to fetch keys, by what caused them and how they ended.",
      [](std::string_view issuer, uint64_t count, jwks::Trigger, FetchResult) {
        return count > 0 && !issuer.empty();
      }};

  HistogramBy<> fetch_duration{
      instruments_, "usher_key_set_fetch_duration_seconds",
      "One attempt to fetch keys, all issuers together."};

  IssuerCounterBy<IntrospectionResult> introspections{
      instruments_, issuers_, "usher_introspections_total",
      "Answers of issuers about tokens (RFC 7662): active, inactive, invalid "
      "(claims that cannot be used), or why there was no usable answer.",
      [](std::string_view issuer, uint64_t count, IntrospectionResult) {
        return count > 0 && !issuer.empty();
      }};

  HistogramBy<> introspection_duration{
      instruments_, "usher_introspection_duration_seconds",
      "From the first request to the issuer to the end of its answer, all "
      "issuers together."};

  IssuerCounterBy<> stale_keys_served{
      instruments_, issuers_, "usher_stale_keys_served_total",
      "Verdicts with keys that were past their freshness.",
      [](std::string_view issuer, uint64_t) { return !issuer.empty(); }};
};

}  // namespace usher::server
