// What a guard tells of its work: for metrics and logs.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "usher/answer.h"

namespace usher {

// Called on gRPC's threads and on the client's, several at once, before each
// call goes on: must be quick, must not block and must not throw.
class GuardObserver {
 public:
  enum class End { kAdmitted, kRefused, kUndecided };
  struct Judged {
    End end = End::kAdmitted;
    // Why not, where a reason is known.
    std::optional<Reason> reason = {};
    // Usherd had to be asked; else the answer was in memory, or plain from the
    // policy or the metadata.
    bool asked = false;
    absl::Duration waited = absl::ZeroDuration();  // for usherd
  };

  virtual ~GuardObserver() = default;

  // Each call, once.
  virtual void OnCall(const Judged& call) = 0;

  // Each question that usherd could not decide. What it says is for this
  // service's operator and is not told to callers: BAD_QUESTION and NOT_ALLOWED
  // last until somebody mends something.
  virtual void OnUndecided(const Undecided&) {}
};

}  // namespace usher
