// What a guard reports about its work, for metrics and logs.
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
    kUnknown  // the last
  };
  std::string service;  // or "unknown"
  std::string method;   // or "unknown"
  Type type;
};

// Observes the calls to one method, refused ones included. Threads and limits
// are those of GuardObserver.
class MethodObserver {
 public:
  virtual ~MethodObserver() = default;
  virtual void OnStarted() = 0;
  virtual void OnMessageReceived() = 0;
  virtual void OnMessageSent() = 0;
  // Once after each OnStarted(). `took` counts from when the call reached its
  // handler or, if the gate refused it, the gate.
  virtual void OnHandled(absl::StatusCode code, absl::Duration took) = 0;
};

// Called on threads of gRPC and of the verifier, several at once, before each
// call continues: must be quick, must not block and must not throw.
class GuardObserver {
 public:
  enum class Outcome {
    kAdmitted,
    kRefused,
    kUndecided  // the last
  };
  struct CallDecision {
    Outcome outcome = Outcome::kAdmitted;
    // Why the call was not admitted, if a reason is known.
    std::optional<Reason> reason = {};
    // The token had to be verified. False: the decision came from memory, or
    // from the policy or the metadata alone.
    bool asked_verifier = false;
    // How long the call waited for the verifier.
    absl::Duration waited = absl::ZeroDuration();
  };

  virtual ~GuardObserver() = default;

  // Each call, once.
  virtual void OnCall(const CallDecision& call) = 0;

  // Each verification without a decision. Its message is for the operator of
  // this service; callers do not see it. BAD_REQUEST and NOT_ALLOWED last
  // until someone corrects the setup.
  virtual void OnUndecided(const Undecided&) {}

  enum class RefreshResult {
    kVerified,
    kDenied,    // the token is refused from now on
    kUndecided  // the last; the verdict ends when it would have ended
  };
  // Each verification that renews a verdict in memory before it ends. No call
  // waits for it.
  virtual void OnRefresh(RefreshResult) {}

  // Each time that a changed policy file was read. OK: the new policy is
  // active. Else the old policy stays active, and the message lists every
  // error in the file.
  virtual void OnPolicyReload(const absl::Status&) {}

  // The observer of the calls to `method`, which must live as long as this
  // object, or null. The guard asks for "unknown" first: if the answer is null,
  // it observes no calls at all, at no cost. Then, when a server starts, it
  // asks for each method of its services. Every other path that clients call is
  // "unknown", so no client can add a name.
  virtual MethodObserver* Observe(const ServedMethod&) { return nullptr; }
};

}  // namespace usher
