// Asks somebody who may be dead, without paying for it on each call.
#pragma once

#include <memory>
#include <mutex>

#include "absl/time/time.h"
#include "client/guard/decide/token_asker.h"
#include "lib/base/clock.h"

namespace usher::guard {

// Passes questions on. After five in a row that found nobody or ran out of
// time, questions are answered at once (Undecided, kUnreachable) but for one a
// second, which is let through to see; the first answer of any kind ends that.
// An usherd that answers "cannot tell" or "too busy" is not dead.
//
// Thread-safe. Destroying it destroys the asker behind it first.
class CircuitBreaker final : public TokenAsker {
 public:
  // `clock` must outlive this.
  CircuitBreaker(std::unique_ptr<TokenAsker> asker, const base::Clock& clock)
      : clock_(clock), asker_(std::move(asker)) {}

  void Ask(const VerifyQuestion& question,
           std::function<void(Answer)> done) override;

 private:
  bool MayAsk();
  void Learn(const Answer& answer);

  const base::Clock& clock_;
  std::mutex mutex_;
  int failures_ = 0;  // in a row
  absl::Time next_try_ = absl::InfinitePast();
  const std::unique_ptr<TokenAsker> asker_;  // last: its answers come here
};

}  // namespace usher::guard
