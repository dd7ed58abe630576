// How the memory that usherd may use is divided.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/config/config.h"

namespace usher::config {

struct MemoryPlan {
  // For the program itself, issuers, logs and what is not listed below.
  static constexpr size_t kBase = size_t{64} << 20;
  // From this share of all on, connections that receive much are ended.
  static constexpr double kBrakeShare = 0.75;
  // gRPC's own quota, which ends calls of good clients too, is the last resort:
  // it must not be reached before.
  static constexpr double kQuotaShare = 0.9;

  size_t total;
  size_t token_cache;
  size_t answer_cache;  // what issuers answered about tokens
  size_t waiting;       // tokens that wait for keys
  size_t batches;       // batches being verified
  size_t transport;     // messages being received, connections

  // The most that all of it together uses.
  size_t Sum() const {
    return kBase + token_cache + answer_cache + waiting + batches + transport;
  }
  bool Fits() const { return Sum() <= total; }
  size_t Brake() const { return ShareOfAll(kBrakeShare); }
  size_t Quota() const { return ShareOfAll(kQuotaShare); }

 private:
  size_t ShareOfAll(double share) const {
    return static_cast<size_t>(share *
                               static_cast<double>(Fits() ? total : Sum()));
  }
};

// The most that the cache of introspection answers uses; 0 where no issuer is
// asked about tokens.
size_t AnswerCacheBytes(const std::vector<issuer::Config>& issuers);

// What the caches leave is divided by fixed shares. Each part has a least
// size without which usherd could not work; where those do not fit into
// `total`, the plan exceeds it.
MemoryPlan PlanMemory(size_t total, const TokenCacheLimits& token_cache,
                      size_t answer_cache = 0);

}  // namespace usher::config
