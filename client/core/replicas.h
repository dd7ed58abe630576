// The health of the replicas of usherd, so that no request waits for a replica
// that accepts requests and never answers: a stopped process, a machine that
// hangs. Its connections stay open, so gRPC continues to use it.
#pragma once

#include <span>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"

namespace usher::client {

// Replicas are named as gRPC names peers: "ipv4:10.0.0.1:9443". Thread-safe.
// Remembers at most 64.
class Replicas {
 public:
  // `peer` answered; a refusal counts too.
  void OnAnswer(const std::string& peer, absl::Time now);
  // `peer` did not answer an attempt that began at `begun` within its time. A
  // replica that has answered another attempt since then is slow, not silent:
  // nothing changes.
  void OnTimeout(const std::string& peer, absl::Time begun, absl::Time now);
  // The connection to `peer` broke: gRPC does not use it until it is back.
  void OnDisconnect(const std::string& peer);

  // Whether an attempt that gRPC sent to `peer` should go to another replica:
  // because an earlier attempt of the request was there (`tried`), or because
  // the last attempts at `peer` timed out. False if no other replica is known
  // to answer. A replica that timed out gets one first attempt per second, to
  // find out whether it answers again.
  bool ShouldAvoid(const std::string& peer, std::span<const std::string> tried,
                   absl::Time now);

 private:
  struct State {
    absl::Time last_answer = absl::InfinitePast();
    bool silent = false;
    absl::Time next_probe = absl::InfinitePast();  // if silent
  };

  bool HasAlternative(const std::string& peer,
                      std::span<const std::string> tried, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  State& StateOf(const std::string& peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  absl::flat_hash_map<std::string, State> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::client
