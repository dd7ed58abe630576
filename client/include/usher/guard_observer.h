// What a guard tells of its work: for metrics and logs.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "usher/verify_result.h"

namespace usher {

// A method of a guarded server: "shop.v1.Orders", "Delete".
struct ServedMethod {
  enum class Type {
    kUnary,
    kClientStream,
    kServerStream,
    kBidiStream,
    kUnknown
  };
  std::string service;  // or "unknown"
  std::string method;   // or "unknown"
  Type type;
};

// Hears of the calls to one method, refused ones included. As GuardObserver
// in all else.
class MethodObserver {
 public:
  virtual ~MethodObserver() = default;
  virtual void OnStarted() = 0;
  virtual void OnMessageReceived() = 0;
  virtual void OnMessageSent() = 0;
  // Once after each OnStarted(). `took`: since the call reached its handler or,
  // where it was refused, the gate.
  virtual void OnHandled(absl::StatusCode code, absl::Duration took) = 0;
};

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

  // Each reading of a policy file that had changed. OK: it is in force.
  // Else the policy that was in force stays so, and the message says every
  // fault.
  virtual void OnPolicyReload(const absl::Status&) {}

  // Who wants to hear of the calls to `method`; lives as long as this. Null:
  // nobody. Asked for "unknown" first; where nobody wants to hear of that, no
  // call is followed and none is the dearer for it. Then, when a server starts,
  // for each method of its services. Whatever else clients may call is
  // "unknown", so that no client can add a name.
  virtual MethodObserver* Observe(const ServedMethod&) { return nullptr; }
};

}  // namespace usher
