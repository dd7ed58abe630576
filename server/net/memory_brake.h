// Decides when connections must end because the process is about to use more
// memory than it may.
//
// gRPC's own quota comes too late where the senders of unfinished messages take
// all of the processor time. See docs/adr/0012-requests-as-bytes.md.
#pragma once

#include <cstddef>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace usher::server {

// Not thread-safe.
class MemoryBrake {
 public:
  // How long there is no need to look again, at the longest.
  static constexpr absl::Duration kLook = absl::Milliseconds(100);
  // In the upper half.
  static constexpr absl::Duration kCloseLook = absl::Milliseconds(25);
  // gRPC needs a moment to free what a connection used.
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
  // If it was too much so many times in a row, something else than connections
  // uses the memory: the pause doubles each time.
  static constexpr int kTries = 10;
  static constexpr absl::Duration kLongestPause = absl::Minutes(1);

  // Bytes, as the system counts them: the resident memory.
  using Measure = absl::AnyInvocable<size_t()>;

  // `most`: of the resident memory. `measure` is cheap. `return_free` gives
  // back what is free but not returned; it is called before connections end.
  MemoryBrake(size_t most, Measure measure,
              absl::AnyInvocable<void()> return_free);

  size_t most() const { return most_; }

  // How much memory connections must give up now; 0: none. Measures at most
  // once in kCloseLook.
  size_t FindExcess(absl::Time now);

 private:
  size_t most_;
  Measure measure_;
  absl::AnyInvocable<void()> return_free_;
  absl::Time next_look_ = absl::InfinitePast();
  absl::Duration pause_ = kFirstPause;
  int tries_ = 0;  // in a row
};

}  // namespace usher::server
