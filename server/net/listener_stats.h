// What the listeners have met, for metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace usher::server {

// Thread-safe.
struct ListenerStats {
  const std::string_view name;
  // Of the gRPC listeners: connections now, the most of them, those that were
  // closed at once because there were too many, and failures of accept().
  std::atomic<uint64_t> open{0};
  std::atomic<uint64_t> limit{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> accept_failures{0};
  // Of the listener for tokens: ended because memory was short
  // (memory_brake.h).
  std::atomic<uint64_t> ended_for_memory{0};
  // Probes of the own listener that got no answer (self_probe.h).
  std::atomic<uint64_t> probe_misses{0};
};

struct AllListenerStats {
  ListenerStats listen{"listen"};
  ListenerStats admin{"admin"};
  ListenerStats metrics{"metrics"};
  ListenerStats status_page{"status_page"};

  std::array<const ListenerStats*, 4> all() const {
    return {&listen, &admin, &metrics, &status_page};
  }
  std::array<const ListenerStats*, 2> grpc() const { return {&listen, &admin}; }
};

}  // namespace usher::server
