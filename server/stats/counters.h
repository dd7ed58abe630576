// What is counted as it happens: atomics, one step each, no lock and no
// allocation. metrics.h turns them into Prometheus's text when it is asked.
#pragma once

#include <grpcpp/grpcpp.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/snapshot.h"
#include "lib/base/strings.h"
#include "lib/jwks/cache.h"
#include "lib/verify/observer.h"
#include "server/core/rpc_methods.h"
#include "server/stats/latency_histogram.h"
#include "usher/reason.h"

namespace usher::server {

// Thread-safe.
class Counters final : public verify::Observer, public jwks::Observer {
 public:
  using Counter = std::atomic<uint64_t>;
  static constexpr size_t kTriggers = 5;  // jwks::Trigger
  static constexpr size_t kPaths = verify::kVerdictSources;
  static constexpr size_t kCodes = 17;  // grpc::StatusCode
  // Reason values stay below this; [0] counts the verified.
  static constexpr size_t kVerdicts = 64;

  struct OfIssuer {
    std::array<Counter, kVerdicts> verdicts{};
    // [trigger][0]: failed; [trigger][1]: fetched.
    std::array<std::array<Counter, 2>, kTriggers> fetches{};
    Counter stale_served{0};
  };
  struct OfRpc {
    std::array<Counter, kCodes> codes{};
    LatencyHistogram took;
  };
  using ByIssuer = absl::flat_hash_map<std::string, std::shared_ptr<OfIssuer>,
                                       base::StringHash, std::equal_to<>>;

  // Counts of issuers are kept under these names, and "" for tokens of no
  // configured issuer: no name from a token ever becomes a label.
  explicit Counters(const std::vector<std::string>& issuer_names);

  // From now on these are the names. The counts of those that stay go on; the
  // others are dropped, and what is told of them later counts for no issuer.
  // Not to be called by two at once.
  void Follow(const std::vector<std::string>& issuer_names);

  // verify::Observer
  void OnVerdict(std::string_view issuer_name, std::optional<Reason> reason,
                 verify::VerdictSource source, bool stale_keys,
                 absl::Duration took) override;
  // jwks::Observer
  void OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
               const absl::Status& result, absl::Duration took) override;
  void OnKeysChanged(const std::string& issuer_name, size_t keys) override;

  // A request begins and ends.
  void OnBegun() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void OnEnded(Rpc rpc, grpc::StatusCode code, absl::Duration took);

  // Of all issuers together, indexed as OfIssuer::verdicts. Reads every row.
  using VerdictTotals = std::array<uint64_t, kVerdicts>;
  VerdictTotals CountVerdicts() const;
  base::Lease<ByIssuer> by_issuer() const { return by_issuer_.Read(); }
  const OfRpc& of(Rpc rpc) const { return rpcs_[static_cast<size_t>(rpc)]; }
  const LatencyHistogram& of(verify::VerdictSource source) const {
    return verified_[static_cast<size_t>(source)];
  }
  const LatencyHistogram& fetches() const { return fetched_; }
  int64_t in_flight() const {
    return in_flight_.load(std::memory_order_relaxed);
  }

 private:
  base::Snapshot<ByIssuer> by_issuer_;
  std::array<OfRpc, kRpcNames.size()> rpcs_;
  std::array<LatencyHistogram, kPaths> verified_;
  LatencyHistogram fetched_;
  std::atomic<int64_t> in_flight_{0};
};

}  // namespace usher::server
