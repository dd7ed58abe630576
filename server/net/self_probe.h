// Asks the own listeners whether they still answer.
//
// The kernel completes connect() for a listener whose process accepts nothing
// any more, and /livez and health checks inside the process do not see that.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/base/log.h"
#include "server/net/listener_stats.h"

namespace usher::server {

class Acceptor;

// What a listener sends first, or in answer to the first bytes of a client.
enum class ProbeProtocol {
  kTls,    // a record of the handshake: ServerHello, or an alert
  kHttp2,  // a SETTINGS frame
  kHttp1,  // a status line
};

// Connects to `address` ("127.0.0.1:9443", "0.0.0.0:9443", "unix:/run/x"),
// sends what a client sends first, and waits for the answer, `timeout` in all.
// UNAVAILABLE: no answer, or a wrong one; the message says which. INTERNAL: the
// own process cannot connect (no file descriptors), so nothing is known.
// `acceptor` (may be null) lets the connection in even if it is full. Blocks.
absl::Status ProbeListener(const std::string& address, ProbeProtocol protocol,
                           absl::Duration timeout, Acceptor* acceptor);

class SelfProbe {
 public:
  struct Target {
    ListenerStats& stats;
    std::string address;
    ProbeProtocol protocol;
    Acceptor* acceptor;  // null: an HTTP listener
  };
  // Three in a row: a machine that is busy for a moment must not end the
  // process.
  static constexpr int kMostMisses = 3;

  // `on_deaf` is called with the reason when a listener has missed that many
  // probes in a row. All references outlive it.
  SelfProbe(std::vector<Target> targets, absl::Duration timeout, base::Log& log,
            std::function<void(const std::string& why)> on_deaf);

  // Probes every listener once. Blocks for up to `timeout` each. One thread at
  // a time.
  void RunOnce();

 private:
  const std::vector<Target> targets_;
  const absl::Duration timeout_;
  base::Log& log_;
  const std::function<void(const std::string&)> on_deaf_;
  std::vector<int> misses_in_a_row_;
};

}  // namespace usher::server
