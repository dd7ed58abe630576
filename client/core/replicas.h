// Which replicas of usherd answer, so that no question need wait for one that
// accepts and then says nothing: a process that is stopped, a machine that
// hangs. Their connections stay open, so gRPC goes on asking them.
#pragma once

#include <span>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"

namespace usher::client {

// Replicas by the names that gRPC gives peers: "ipv4:10.0.0.1:9443".
// Thread-safe. Remembers at most 64.
class Replicas {
 public:
  // It said something, be it a refusal.
  void Answered(const std::string& peer, absl::Time now);
  // It let a question wait for longer than its share.
  void WasSilent(const std::string& peer, absl::Time now);
  // It is gone: gRPC will ask it no more until it is back.
  void BrokeOff(const std::string& peer);

  // Whether a question that gRPC sent to `peer` had better go to another:
  // because it was there before (`asked`), or because `peer` has been silent.
  // False where no other is known that answers. A silent replica gets a first
  // question a second, to see whether it speaks again.
  bool HadBetterAskAnother(const std::string& peer,
                           std::span<const std::string> asked, absl::Time now);

 private:
  struct State {
    absl::Time heard = absl::InfinitePast();
    bool silent = false;
    absl::Time next_try = absl::InfinitePast();  // of a silent one
  };

  bool KnowsAnother(const std::string& peer, std::span<const std::string> asked,
                    absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  State& StateOf(const std::string& peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  absl::flat_hash_map<std::string, State> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::client
