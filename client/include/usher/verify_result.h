// The three answers, and three only: verified, denied, undecided.
//
//   if (const usher::VerifiedToken* token = answer.verified()) {
//     // token->subject() is who is calling.
//   } else if (const usher::Denied* no = answer.denied()) {
//     // UNAUTHENTICATED, or PERMISSION_DENIED: InfoOf(*no->reason).code
//   } else {
//     // answer.undecided(): UNAVAILABLE. Nobody may come in.
//   }
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "usher/reason.h"
#include "usher/verified_token.h"

namespace usher {

// No, and asking again will not change it.
struct Denied {
  // Nothing where usherd is newer than this library and gave a reason that it
  // does not know; it is a denial all the same.
  std::optional<Reason> reason;
  // Safe prose for a log or a caller.
  std::string message;
  // The claim to blame, where there is one: "exp".
  std::optional<std::string> claim = {};

  // "TOKEN_EXPIRED", or "UNKNOWN".
  std::string_view reason_name() const {
    return reason.has_value() ? NameOf(*reason) : "UNKNOWN";
  }
};

// Cannot tell: the token may be good or bad, and must not be let in.
struct Undecided {
  enum class Cause {
    // Worth asking again, later; this client already did so once.
    kDependency,   // something usherd needs cannot be reached: see `reason`
    kOverloaded,   // usherd has more to do than it can
    kUnreachable,  // no usherd could be reached, or the connection broke
    kDeadline,     // no answer in time
    // Asking again is useless until somebody mends something.
    kBadQuestion,  // the question is wrong: the program must change
    kNotAllowed,   // this service may not ask that: see `callers` of usherd
    kBadAnswer,    // usherd answered something that is no answer
    kStopped,      // the client is being destroyed
  };

  Cause cause;
  // Where usherd told one: KEYS_UNAVAILABLE.
  std::optional<Reason> reason = {};
  // For the log of the service that asked; not for its callers.
  std::string message = {};
  // When to ask again, where usherd said so.
  std::optional<absl::Duration> retry_after = {};

  bool may_retry() const { return cause <= Cause::kDeadline; }
};

// "UNREACHABLE": fit for a metric label.
std::string_view NameOf(Undecided::Cause cause);

// The answer to Verify.
class [[nodiscard]] Answer {
 public:
  Answer(VerifiedToken token) : held_(std::move(token)) {}
  Answer(Denied denied) : held_(std::move(denied)) {}
  Answer(Undecided undecided) : held_(std::move(undecided)) {}

  // Verified. The two others are not ok, and neither lets a call through.
  bool ok() const { return verified() != nullptr; }

  // Exactly one of these is not null.
  const VerifiedToken* verified() const {
    return std::get_if<VerifiedToken>(&held_);
  }
  const Denied* denied() const { return std::get_if<Denied>(&held_); }
  const Undecided* undecided() const { return std::get_if<Undecided>(&held_); }

 private:
  std::variant<VerifiedToken, Denied, Undecided> held_;
};

}  // namespace usher
