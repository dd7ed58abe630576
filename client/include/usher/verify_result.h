// The result of Verify. There are exactly three: verified, denied, undecided.
//
//   if (const usher::VerifiedToken* token = result.verified()) {
//     // token->subject() is the caller.
//   } else if (const usher::Denial* denial = result.denial()) {
//     // UNAUTHENTICATED, or PERMISSION_DENIED: InfoOf(*denial->reason).code
//   } else {
//     // result.undecided(): UNAVAILABLE. Do not admit the call.
//   }
//
// ToStatus() makes that choice for you.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "usher/reason.h"
#include "usher/verified_token.h"

namespace usher {

// The answer is no, and a second request will not change it.
struct Denial {
  // Empty if usherd is newer than this library and gave a reason that the
  // library does not know. It is a denial all the same.
  std::optional<Reason> reason;
  // Safe to log and to show to the caller.
  std::string message;
  // The claim that caused the denial, if there is one: "exp".
  std::optional<std::string> claim = {};

  // "TOKEN_EXPIRED", or "UNKNOWN".
  std::string_view reason_name() const {
    return reason.has_value() ? NameOf(*reason) : "UNKNOWN";
  }
  // See VerifyResult::ToStatus().
  absl::Status ToStatus() const;
};

// Unknown: the token may be good or bad. Do not admit the call.
struct Undecided {
  enum class Cause {
    // A later request may succeed. The client has already retried.
    kDependency,   // something the verifier needs is unreachable: see `reason`
    kOverloaded,   // usherd has more requests than it can handle
    kUnreachable,  // no usherd could be reached, or the connection broke
    kDeadline,     // no answer in time
    // A later request will fail too, until someone fixes the cause.
    kBadRequest,  // the request is wrong: fix the program
    kNotAllowed,  // this service may not ask that: see `callers` of usherd
    kBadAnswer,   // usherd broke the protocol
    kStopped,     // the verifier is being destroyed
  };

  Cause cause;
  // If usherd gave one: KEYS_UNAVAILABLE.
  std::optional<Reason> reason = {};
  // For the log of this service, not for its callers.
  std::string message = {};
  // When to ask again, if usherd said so.
  std::optional<absl::Duration> retry_after = {};

  bool may_retry() const { return cause <= Cause::kDeadline; }
  // See VerifyResult::ToStatus().
  absl::Status ToStatus() const;
};

// "UNREACHABLE". Suitable as a metric label.
std::string_view NameOf(Undecided::Cause cause);

// An immutable value.
class [[nodiscard]] VerifyResult {
 public:
  VerifyResult(VerifiedToken token) : held_(std::move(token)) {}
  VerifyResult(Denial denial) : held_(std::move(denial)) {}
  VerifyResult(Undecided undecided) : held_(std::move(undecided)) {}

  // Verified. The two others are not ok; never admit a call on them.
  bool ok() const { return verified() != nullptr; }

  // Exactly one of these is not null.
  const VerifiedToken* verified() const {
    return std::get_if<VerifiedToken>(&held_);
  }
  const Denial* denial() const { return std::get_if<Denial>(&held_); }
  const Undecided* undecided() const { return std::get_if<Undecided>(&held_); }

  // The status with which a service should end its caller's request: OK;
  // UNAUTHENTICATED or PERMISSION_DENIED with RFC 6750's error code, the Reason
  // and a text ("invalid_token: TOKEN_EXPIRED: expired 12s ago"); UNAVAILABLE,
  // whose text says nothing about what failed behind the service. The guard
  // refuses calls with the same codes and messages. For a grpc::Status see
  // usher/grpc_status.h.
  absl::Status ToStatus() const;

 private:
  std::variant<VerifiedToken, Denial, Undecided> held_;
};

}  // namespace usher
