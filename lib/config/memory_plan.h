// How the memory that usherd may use is divided.
#pragma once

#include <cstddef>

#include "lib/config/config.h"

namespace usher::config {

struct MemoryPlan {
  // For the program itself, issuers, logs and what is not listed below.
  static constexpr size_t kBase = size_t{64} << 20;
  // gRPC 1.51 applies its quota late: it has been seen to use 2.3 times as
  // much.
  static constexpr double kTransportFactor = 2.5;

  size_t total;
  size_t token_cache;
  size_t revocations;
  size_t waiting;    // tokens that wait for keys
  size_t batches;    // batches being verified
  size_t transport;  // gRPC's quota: messages being received, connections

  // The most that all of it together uses.
  size_t Sum() const {
    return kBase + token_cache + revocations + waiting + batches +
           static_cast<size_t>(kTransportFactor *
                               static_cast<double>(transport));
  }
  bool Fits() const { return Sum() <= total; }
};

// What token_cache and revocation of `config` leave is divided by fixed shares.
// Each part has a least size without which usherd could not work; where those
// do not fit into `total`, the plan exceeds it.
MemoryPlan PlanMemory(size_t total, const Config& config);

}  // namespace usher::config
