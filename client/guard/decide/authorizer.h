// Decides which calls may reach a handler, and finds the caller of each.
//
//   call -> policy -> the token's header -> result from memory ---------------+
//                                         \-> verification, the call waits -+
//        -> claims -> scopes -> admitted; the interceptor finds the caller
//
// Names no gRPC: gate_credentials.h and caller_interceptor.h use it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/guard/decide/admissions.h"
#include "client/guard/decide/decision.h"
#include "client/guard/decide/memory_budget.h"
#include "client/guard/decide/questions.h"
#include "client/guard/decide/stoppable_verifier.h"
#include "client/guard/decide/verdict_cache.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "lib/base/token_map.h"
#include "lib/token/bearer.h"
#include "usher/caller.h"
#include "usher/guard_observer.h"
#include "usher/method_policy.h"
#include "usher/token_verifier.h"

namespace usher::guard {

// What is known of a call before its first message is read.
struct CallInfo {
  std::string_view path;  // "/shop.v1.Orders/Delete"
  // Every value of the token's header: Authorizer::token_header().
  std::span<const std::string_view> token_values;
  // The name of the call's method if a wrapper stands in front of its handler
  // (wrapped_methods.h), else null. Valid until the call has its decision.
  const std::string* wrapped = nullptr;
  // Goes along with the verification, for the log of usherd.
  TraceHeaders trace = {};
  // Shares out the verifier and the memory (questions.h).
  ConnectionId connection = nullptr;
};

// Thread-safe. Never blocks: locks are held for a look-up, not for a
// verification.
class Authorizer {
 public:
  struct Limits {
    VerdictCache::Limits verdicts = {};
    Questions::Limits questions = {};
    // For all of a call's wait; a question that had to wait for its turn has
    // what is left.
    absl::Duration deadline = absl::Milliseconds(2500);
    // The verifier is asked about JWTs only.
    bool jwt_only = false;
    // The metadata key of the token, and nothing else is read: bearer.h.
    std::string token_header{token::kAuthorization};
  };

  // `verifier` must live until Stop() has returned, and must have run every
  // callback before this object is destroyed. `policy` names audiences in every
  // rule. `observer` may be null. Only tokens of `kind` are accepted.
  // `executor` asks the verifier, on threads that are not gRPC's: what starts
  // on the thread of a connection would wait for the rest of its traffic. It
  // must live until Stop() has returned and it has run all that it was given.
  // Null: asks inside Decide().
  Authorizer(MethodPolicy policy, const Limits& limits,
             const base::Clock& clock, TokenVerifier& verifier,
             std::shared_ptr<GuardObserver> observer = nullptr,
             TokenKind kind = TokenKind::kAccessToken,
             base::Executor* executor = nullptr);

  // `done` runs exactly once: inside this function, or after the verification,
  // on a thread of `verifier`. `call` need not outlive this function. The
  // refusal of a call to a wrapped method with a verified token is deferred:
  // FindIdentity() returns it.
  void Decide(const CallInfo& call, DecisionCallback done);

  // What the interceptor needs to know of a call that Decide() admitted or
  // deferred.
  struct Identity {
    // Admitted without a caller: the method is public, or its token is optional
    // and the call does not have the token's header.
    bool anonymous = false;
    // Null if `anonymous`, and if the call was never admitted.
    std::shared_ptr<const Caller> caller = {};
    // For a wrapped method: not null unless one of the two above is set.
    std::shared_ptr<const Decision> refusal = {};
    // The caller's token: a view of the header.
    std::string_view token = {};
  };
  // Once for each such call: it ends the call's admission.
  Identity FindIdentity(const CallInfo& call);
  // The same of a call that passed no gate: only whether it is anonymous.
  Identity FindUngated(const CallInfo& call);

  // Replaces the policy for calls that begin from now on. Calls that wait are
  // decided by the policy that they began with. `policy` names audiences in
  // every rule.
  void SetPolicy(MethodPolicy policy);

  // After this, nothing is verified any more: a call that memory cannot decide
  // is refused. Waits for threads that are inside TokenVerifier::Verify().
  void Stop();

  const std::string& token_header() const { return token_header_; }
  size_t pending_calls() const { return questions_.calls(); }
  // Calls between the gate and the interceptor.
  size_t admitted_calls() const {
    return admitted_.calls() + admitted_wrapped_.calls();
  }
  const VerdictCache& verdicts() const { return verdicts_; }

 private:
  using SharedRule = std::shared_ptr<const MethodRule>;
  // Shared, so that a call that waits can keep its policy; reading it does not
  // touch the reference count.
  using SharedPolicy = std::shared_ptr<const MethodPolicy>;

  void WaitForResult(const CallInfo& call, SharedRule rule,
                     const base::TokenKey& token, absl::Time now,
                     DecisionCallback done);
  void RefreshIfDue(const CallInfo& call, const SharedPolicy& policy,
                    const MethodRule& rule,
                    const std::shared_ptr<const KnownToken>& known,
                    absl::Time now);
  // Asks and refuses what `work` says, and what follows from that. If this
  // thread does so already, further down its stack, the work is left to it:
  // verifiers may answer at once, and the stack must not grow with each answer.
  void Do(Questions::Work work);
  void Ask(std::shared_ptr<Question> question);
  void AskHere(const std::shared_ptr<Question>& question);
  void OnResult(const std::shared_ptr<Question>& question, absl::Time sent,
                const VerifyResult& result);
  void ReportRefresh(const VerifyResult& result);
  // What the calls that wait must know: the verdict, or why there is none.
  struct Answer {
    VerdictCache::Verdict verdict = {};
    std::optional<Decision> refusal = {};
  };
  // Remembers the verdict.
  Answer AnswerOf(const Question& question, absl::Time sent,
                  const VerifyResult& result, absl::Time now);
  // Null if there is no memory for it.
  std::shared_ptr<const KnownToken> Know(std::string_view token,
                                         const VerifiedToken& verified,
                                         absl::Time sent, absl::Time now);
  void Complete(Question& question, const Answer& answer, absl::Time now);
  void DecidePending(const Question& question, std::vector<PendingCall> calls,
                     const Answer& answer, absl::Time now);

  // Remembers the caller for the interceptor. `rule` may be null if `wrapped`
  // is.
  void Admit(SharedRule rule, const std::string* wrapped,
             const base::TokenKey& token,
             std::shared_ptr<const KnownToken> known, absl::Time now);
  // Leaves a refusal to the wrapper: it cancels every earlier admission of this
  // token for this method.
  void Defer(const std::string& wrapped, const base::TokenKey& token,
             const Decision& refusal, absl::Time now);
  // Reports the decision and runs the callback: of a call that did not wait,
  // and of one that did.
  void Finish(const CallInfo& call, DecisionCallback done,
              const Decision& decision);
  void FinishPending(PendingCall call, const base::TokenKey& token,
                     const Decision& decision, absl::Time now);
  Identity FindWrapped(const CallInfo& call, const MethodRule* rule);

  base::Snapshot<SharedPolicy> policy_;
  const base::Clock& clock_;
  const std::shared_ptr<GuardObserver> observer_;  // or null
  const TokenKind kind_;
  const absl::Duration deadline_;
  const bool jwt_only_;
  const std::string token_header_;
  // Of all verified tokens that the next three hold. Before them: it must
  // outlive them.
  MemoryBudget budget_;
  VerdictCache verdicts_;
  // The calls that Decide() admitted, by token alone: a token has one caller,
  // whatever audience it was verified for. The verdict cache is not enough: the
  // interceptor still needs a caller whose verdict may not be kept or was
  // evicted.
  Admissions admitted_;
  // The same for wrapped methods, by token and method: behind the gate only an
  // admission tells an admitted call from a deferred one. A refusal removes it,
  // so the last decision on exactly this token for this method counts. If the
  // policy now wants other audiences than the token was verified for, the call
  // is refused.
  Admissions admitted_wrapped_;
  // The refusals of deferred calls. A call whose refusal was evicted is refused
  // as undecided.
  base::TokenMap<Decision> deferred_;
  Questions questions_;
  StoppableVerifier verifier_;
  base::Executor* const executor_;  // or null; used while verifier_ is entered
};

}  // namespace usher::guard
