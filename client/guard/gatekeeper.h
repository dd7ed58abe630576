// The guard's judgement: which calls may reach a handler, and as whom.
//
//   call -> policy's word -> authorization value -> verdict from memory
//                                                \-> parked, usherd asked ->
//                                                ...
//        ... -> scopes -> admitted, and remembered for the interceptor
//
// Knows nothing of gRPC: gate.h and interceptor.h bring it what they are told.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "client/guard/flights.h"
#include "client/guard/ruling.h"
#include "client/guard/token_asker.h"
#include "client/guard/token_map.h"
#include "client/guard/verdict_cache.h"
#include "lib/base/clock.h"
#include "usher/caller.h"
#include "usher/guard_observer.h"
#include "usher/method_policy.h"

namespace usher::guard {

// What is known of a call before anything of it is read.
struct CallFacts {
  std::string_view path;                            // "/shop.v1.Orders/Delete"
  std::span<const std::string_view> authorization;  // each value there is
};

// Thread-safe. Never blocks: locks are held for a look-up, not for an answer.
class Gatekeeper {
 public:
  struct Limits {
    VerdictCache::Limits verdicts = {};
    size_t max_parked = 10'000;
  };
  using Done = std::function<void(const Ruling&)>;

  // `asker` must live until Stop() has returned and must have run every `done`
  // before this goes. `policy` names audiences in every rule. `observer` may be
  // null.
  Gatekeeper(MethodPolicy policy, const Limits& limits,
             const base::Clock& clock, TokenAsker& asker,
             std::shared_ptr<GuardObserver> observer = nullptr);

  // `done` runs exactly once: inside this call, or when usherd has answered,
  // on the asker's thread. `call` need not outlive this call.
  void Decide(const CallFacts& call, Done done);

  // For the interceptor, about a call that Decide() admitted.
  struct Admitted {
    // The policy says public: there is no caller, and there need not be.
    bool open = false;
    // Null where `open`; else null only for a call that was never admitted.
    std::shared_ptr<const Caller> caller;
  };
  Admitted FindAdmitted(const CallFacts& call);

  // From now on nobody is asked: what memory cannot answer is refused. Waits
  // for threads that are inside TokenAsker::Ask().
  void Stop();

  size_t parked() const { return flights_.parked(); }
  const VerdictCache& verdicts() const { return verdicts_; }

 private:
  Ruling Judge(const MethodRule& rule, const TokenKey& token,
               const VerdictCache::Verdict& verdict, absl::Time now);
  void Park(const MethodRule& rule, const TokenKey& token, absl::Time now,
            Done done);
  void Ask(const MethodRule& rule, const TokenKey& key);
  TokenAsker* BeginAsking();
  void EndAsking();
  // The last word on a call that did not wait, and on one that did.
  void Tell(const Done& done, const Ruling& ruling);
  void Tell(const ParkedCall& call, const Ruling& ruling, absl::Time now);
  void Keep(const TokenKey& key, absl::Time sent, const Answer& answer);
  void Land(const TokenKey& key, const VerdictCache::Verdict& verdict,
            absl::Time now);

  const MethodPolicy policy_;
  const base::Clock& clock_;
  const std::shared_ptr<GuardObserver> observer_;  // or null
  VerdictCache verdicts_;
  // Whom Decide() admitted: by token alone, because a token is one caller
  // whatever audience it was judged for. The verdict cache would not do: what
  // it may not keep, or must push out, the call on its way still needs.
  TokenMap<Caller> admitted_;
  Flights flights_;
  std::mutex asker_mutex_;
  std::condition_variable nobody_asks_;
  TokenAsker* asker_;  // null once stopped
  int asking_ = 0;     // threads inside TokenAsker::Ask()
};

}  // namespace usher::guard
