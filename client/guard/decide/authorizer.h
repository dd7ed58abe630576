// The guard's judgement: which calls may reach a handler, and as whom.
//
//   call -> policy's word -> authorization value -> verdict from memory
//                                                \-> parked, usherd asked ->
//                                                ...
//        ... -> claims -> scopes -> admitted, and remembered for the
//        interceptor
//
// Knows nothing of gRPC: gate.h and interceptor.h bring it what they are told.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

#include "client/guard/decide/decision.h"
#include "client/guard/decide/single_flight.h"
#include "client/guard/decide/verdict_cache.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/base/token_map.h"
#include "usher/caller.h"
#include "usher/guard_observer.h"
#include "usher/method_policy.h"
#include "usher/token_verifier.h"

namespace usher::guard {

// What is known of a call before anything of it is read.
struct CallFacts {
  std::string_view path;                            // "/shop.v1.Orders/Delete"
  std::span<const std::string_view> authorization;  // each value there is
  // The name of the call's method where a wrapper stands before its handler
  // (wrapped_methods.h), else null. Valid until the call is told.
  const std::string* wrapped = nullptr;
  // Whatever the call says of the request that it is part of, for usherd's
  // logs.
  TraceHeaders trace = {};
};

// Thread-safe. Never blocks: locks are held for a look-up, not for an answer.
class Authorizer {
 public:
  struct Limits {
    VerdictCache::Limits verdicts = {};
    size_t max_parked = 10'000;
  };
  using Done = std::function<void(const Ruling&)>;

  // `asker` must live until Stop() has returned and must have run every `done`
  // before this goes. `policy` names audiences in every rule. `observer` may be
  // null. Tokens are taken of one `kind`.
  Authorizer(MethodPolicy policy, const Limits& limits,
             const base::Clock& clock, TokenVerifier& asker,
             std::shared_ptr<GuardObserver> observer = nullptr,
             TokenKind kind = TokenKind::kAccessToken);

  // `done` runs exactly once: inside this call, or when usherd has answered,
  // on the asker's thread. `call` need not outlive this call. A refusal of a
  // call to a wrapped method is pending: FindAdmitted() tells it.
  void Decide(const CallFacts& call, Done done);

  // For the interceptor, about a call that Decide() admitted or left pending.
  struct Admitted {
    // The policy says public: there is no caller, and there need not be.
    bool open = false;
    // Null where `open`; else null only for a call that was never admitted.
    std::shared_ptr<const Caller> caller;
    // Of a wrapped method: never null where there is neither of these.
    std::shared_ptr<const Ruling> refusal = {};
    // The caller's: a view of what `call` was made of.
    std::string_view token = {};
  };
  Admitted FindAdmitted(const CallFacts& call);

  // Takes the place of the policy, for calls that begin from now on; those that
  // wait are judged by that by which they began. `policy` names audiences in
  // every rule.
  void Use(MethodPolicy policy);

  // From now on nobody is asked: what memory cannot answer is refused. Waits
  // for threads that are inside TokenVerifier::Verify().
  void Stop();

  size_t parked() const { return flights_.parked(); }
  const VerdictCache& verdicts() const { return verdicts_; }

 private:
  using SharedRule = std::shared_ptr<const MethodRule>;
  // Shared, so that a call that waits can keep the one by which it began; read
  // without touching the count.
  using Policy = std::shared_ptr<const MethodPolicy>;
  // Of a wrapped method: who was let in, and by which rule.
  struct Admission {
    std::shared_ptr<const Caller> caller;
    SharedRule rule;
  };

  // Remembers who was admitted. `rule` may be null where `wrapped` is.
  void Admit(SharedRule rule, const std::string* wrapped,
             const base::TokenKey& token,
             const std::shared_ptr<const Caller>& caller, absl::Time now);
  Admitted FindBehindWrapper(const CallFacts& call, const MethodRule* rule);
  void Park(const CallFacts& call, SharedRule rule, const base::TokenKey& token,
            absl::Time now, Done done);
  void Ask(SharedRule rule, const base::TokenKey& key,
           const TraceHeaders& trace);
  TokenVerifier* BeginAsking();
  void EndAsking();
  // The last word on a call that did not wait, and on one that did.
  void Tell(const CallFacts& call, const Done& done, const Ruling& ruling);
  void Tell(const PendingCall& call, const base::TokenKey& token,
            const Ruling& ruling, absl::Time now);
  // Leaves a refusal to the wrapper: no earlier admission counts any more.
  void Suspend(const std::string& wrapped, const base::TokenKey& token,
               const Ruling& pending, absl::Time now);
  void Keep(const base::TokenKey& key, absl::Time sent,
            const VerifyResult& answer);
  void Land(const base::TokenKey& key, const VerdictCache::Verdict& verdict,
            absl::Time now);

  base::Snapshot<Policy> policy_;
  const base::Clock& clock_;
  const std::shared_ptr<GuardObserver> observer_;  // or null
  const TokenKind kind_;
  VerdictCache verdicts_;
  // Whom Decide() admitted: by token alone, because a token is one caller
  // whatever audience it was judged for. The verdict cache would not do: what
  // it may not keep, or must push out, the call on its way still needs.
  base::TokenMap<Caller> admitted_;
  // Those of wrapped methods: by token and method, because there an admission
  // is all that tells an admitted call from a pending one. A refusal takes it
  // away, so what counts is the last judgement of exactly this token for this
  // method; and where it was pushed out, nobody comes in. Nor does anybody by a
  // token that was judged for other audiences than the policy wants by now.
  base::TokenMap<Admission> admitted_behind_;
  // What pending calls will hear. Whoever finds nothing is refused all the
  // same.
  base::TokenMap<Ruling> refused_;
  SingleFlight flights_;
  std::mutex asker_mutex_;
  std::condition_variable nobody_asks_;
  TokenVerifier* asker_;  // null once stopped
  int asking_ = 0;        // threads inside TokenVerifier::Verify()
};

}  // namespace usher::guard
