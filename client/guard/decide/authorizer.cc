#include "client/guard/decide/authorizer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/strings.h"
#include "lib/token/bearer.h"

namespace usher::guard {
namespace {

// How long a call may wait for a free handler between the gate and the
// interceptor. A call that comes later is refused.
constexpr absl::Duration kAdmissionLife = absl::Minutes(10);

// The key of a call in admitted_wrapped_ and deferred_.
base::TokenKey WrappedKey(const std::string& wrapped,
                          const base::TokenKey& token) {
  return token.For({&wrapped, 1});
}

size_t BytesOf(const Decision& decision) {
  size_t bytes = sizeof decision + decision.message.size();
  for (const std::string& s : decision.scopes) bytes += sizeof s + s.size();
  return bytes;
}

// Whether `rule` admits the call without a caller. A header that is there is
// always checked, even if it is empty, so a client whose token is bad never
// becomes an anonymous one.
bool IsAnonymous(const MethodRule& rule, const CallInfo& call) {
  return rule.is_public || (rule.optional && call.authorization.empty());
}

bool HasScopes(const Caller& caller, const MethodRule& rule) {
  const auto held = [&](const std::string& s) { return caller.HasScope(s); };
  if (rule.scopes.empty()) return true;
  return rule.scope_match == ScopeMatch::kAll
             ? std::all_of(rule.scopes.begin(), rule.scopes.end(), held)
             : std::any_of(rule.scopes.begin(), rule.scopes.end(), held);
}

Decision NotInPolicy() {
  return Refuse(base::Refusal{Reason::kMethodNotInPolicy,
                              "the service's policy has no rule for this "
                              "method"});
}

// For a deferred call whose refusal was evicted.
Decision UnknownRefusal() {
  return Refuse(Undecided{Undecided::Cause::kOverloaded});
}

// The first claim rule that does not hold, or null.
const ClaimRule* FindBrokenRule(const MethodRule& rule, const Caller& caller) {
  for (const ClaimRule& claim : rule.claims) {
    if (!claim.Holds(caller.claims())) return &claim;
  }
  return nullptr;
}

// Names the claim as the policy does. The value in the token stays private.
Decision RejectClaim(const ClaimRule& rule) {
  return Refuse(base::Refusal{
      Reason::kClaimRejected,
      base::StrCat("claim ", rule.path().Text(),
                   " is absent or not what this method requires")});
}

// The refusal of a caller whose token is good but does not satisfy `rule`.
// Scopes come last: more scopes do not help a caller whose claims are wrong.
std::optional<Decision> FindRefusal(const MethodRule& rule,
                                    const Caller& caller) {
  std::optional<Decision> refusal;
  if (const ClaimRule* broken = FindBrokenRule(rule, caller)) {
    refusal = RejectClaim(*broken);
  } else if (!HasScopes(caller, rule)) {
    refusal = RefuseScopes(rule.scopes, rule.scope_match);
  }
  if (refusal) refusal->token_verified = true;
  return refusal;
}

Decision Evaluate(const MethodRule& rule,
                  const VerdictCache::Verdict& verdict) {
  if (verdict.denied != nullptr) return Refuse(*verdict.denied);
  return FindRefusal(rule, *verdict.caller).value_or(Decision());
}

GuardObserver::Outcome OutcomeOf(const Decision& decision) {
  using enum GuardObserver::Outcome;
  if (decision.admits()) return kAdmitted;
  return decision.code == absl::StatusCode::kUnavailable ? kUndecided
                                                         : kRefused;
}

// A wrapper is reached only once the first message is whole, which may be
// never. So only the owner of a verified token may keep a refused call open.
bool MustDefer(const Decision& decision, const std::string* wrapped) {
  return decision.token_verified && wrapped != nullptr;
}

Decision Deferred(const Decision& refusal) {
  Decision deferred = refusal;
  deferred.deferred = true;
  return deferred;
}

}  // namespace

Authorizer::Authorizer(MethodPolicy policy, const Limits& limits,
                       const base::Clock& clock, TokenVerifier& verifier,
                       std::shared_ptr<GuardObserver> observer, TokenKind kind)
    : policy_(std::make_unique<SharedPolicy>(
          std::make_shared<const MethodPolicy>(std::move(policy)))),
      clock_(clock),
      observer_(std::move(observer)),
      kind_(kind),
      verdicts_(limits.verdicts),
      admitted_(limits.verdicts.verified),
      admitted_wrapped_(limits.verdicts.verified),
      deferred_(limits.verdicts.denied),
      flights_(limits.max_pending_calls),
      verifier_(&verifier) {}

void Authorizer::SetPolicy(MethodPolicy policy) {
  policy_.Publish(std::make_unique<SharedPolicy>(
      std::make_shared<const MethodPolicy>(std::move(policy))));
}

void Authorizer::Decide(const CallInfo& call, DecisionCallback done) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule == nullptr) return Finish(call, std::move(done), NotInPolicy());
  if (IsAnonymous(*rule, call)) {
    return Finish(call, std::move(done), Decision());
  }
  const base::Result<std::string_view> token =
      token::ReadBearer(call.authorization);
  if (!token.ok()) {
    return Finish(call, std::move(done), Refuse(token.refusal()));
  }

  const base::TokenKey key(*token);
  const absl::Time now = clock_.Now();
  const auto verdict = verdicts_.Find(key.For(rule->audiences), now);
  if (!verdict.known()) {
    return WaitForResult(call, SharedRule(*policy, rule), key, now,
                         std::move(done));
  }
  const Decision decision = Evaluate(*rule, verdict);
  if (decision.admits()) {
    Admit(call.wrapped == nullptr ? nullptr : SharedRule(*policy, rule),
          call.wrapped, key, verdict.caller, now);
  }
  Finish(call, std::move(done), decision);
}

void Authorizer::Admit(SharedRule rule, const std::string* wrapped,
                       const base::TokenKey& token,
                       const std::shared_ptr<const Caller>& caller,
                       absl::Time now) {
  const absl::Time ends = now + kAdmissionLife;
  const size_t bytes = BytesOf(*caller);
  if (wrapped == nullptr) return admitted_.Put(token, caller, bytes, ends);
  const base::TokenKey key = WrappedKey(*wrapped, token);
  auto admission = admitted_wrapped_.Find(key, now);
  if (admission == nullptr || admission->caller != caller ||
      admission->rule != rule) {
    admission =
        std::make_shared<const Admission>(Admission{caller, std::move(rule)});
  }
  admitted_wrapped_.Put(key, std::move(admission), sizeof(Admission) + bytes,
                        ends);
}

void Authorizer::WaitForResult(const CallInfo& call, SharedRule rule,
                               const base::TokenKey& token, absl::Time now,
                               DecisionCallback done) {
  const base::TokenKey key = token.For(rule->audiences);
  PendingCall pending = {rule, now, std::move(done), call.wrapped};
  switch (flights_.Join(key, pending)) {
    case SingleFlight::Role::kFollower:
      return;
    case SingleFlight::Role::kLeader:
      return StartVerification(std::move(rule), key, call.trace);
    case SingleFlight::Role::kRejected:
      return Finish(call, std::move(pending.done),
                    Refuse(base::Refusal{
                        Reason::kOverloaded,
                        "too many calls wait for a verification; try again"}));
  }
}

void Authorizer::StartVerification(SharedRule rule, const base::TokenKey& key,
                                   const TraceHeaders& trace) {
  const absl::Time sent = clock_.Now();
  // A result may have come between the first look-up and Join().
  if (const auto verdict = verdicts_.Find(key, sent); verdict.known()) {
    return DecidePending(key, verdict, sent);
  }
  auto done = [this, rule, token = std::string(key.token()),
               sent](VerifyResult result) {
    OnResult(base::TokenKey(token).For(rule->audiences), sent, result);
  };
  TokenVerifier* verifier = AcquireVerifier();
  if (verifier == nullptr) {
    return done(Undecided{.cause = Undecided::Cause::kStopped});
  }
  verifier->Verify({.token = key.token(),
                    .audiences = rule->audiences,
                    .kind = kind_,
                    .trace = trace},
                   std::move(done));
  ReleaseVerifier();
}

TokenVerifier* Authorizer::AcquireVerifier() {
  base::MutexLock lock(verifier_mutex_);
  if (verifier_ != nullptr) ++verifier_users_;
  return verifier_;
}

void Authorizer::ReleaseVerifier() {
  base::MutexLock lock(verifier_mutex_);
  if (--verifier_users_ == 0) verifier_released_.SignalAll();
}

void Authorizer::OnResult(const base::TokenKey& key, absl::Time sent,
                          const VerifyResult& result) {
  const absl::Time now = clock_.Now();
  if (const Undecided* undecided = result.undecided()) {
    if (observer_ != nullptr) observer_->OnUndecided(*undecided);
    const Decision decision = Refuse(*undecided);
    for (PendingCall& call : flights_.Complete(key)) {
      FinishPending(std::move(call), key, decision, now);
    }
    return;
  }
  VerdictCache::Verdict verdict;
  if (result.ok()) {
    verdict.caller = std::make_shared<const Caller>(*result.verified());
    verdicts_.Put(key, verdict.caller, sent, now);
  } else {
    verdict.denied = std::make_shared<const Denial>(*result.denial());
    verdicts_.Put(key, verdict.denied, now);
  }
  // After Put(): a call that comes now finds either the verdict or the flight.
  DecidePending(key, verdict, now);
}

void Authorizer::DecidePending(const base::TokenKey& key,
                               const VerdictCache::Verdict& verdict,
                               absl::Time now) {
  const base::TokenKey token(key.token());
  for (PendingCall& call : flights_.Complete(key)) {
    const Decision decision = Evaluate(*call.rule, verdict);
    if (decision.admits()) {
      Admit(call.rule, call.wrapped, token, verdict.caller, now);
    }
    FinishPending(std::move(call), token, decision, now);
  }
}

void Authorizer::Finish(const CallInfo& call, DecisionCallback done,
                        const Decision& decision) {
  if (observer_ != nullptr) {
    observer_->OnCall(
        {.outcome = OutcomeOf(decision), .reason = decision.reason});
  }
  if (!MustDefer(decision, call.wrapped)) {
    return std::move(done)(decision);
  }
  const Decision deferred = Deferred(decision);
  if (const auto token = token::ReadBearer(call.authorization); token.ok()) {
    Defer(*call.wrapped, base::TokenKey(*token), deferred, clock_.Now());
  }
  std::move(done)(deferred);
}

void Authorizer::FinishPending(PendingCall call, const base::TokenKey& token,
                               const Decision& decision, absl::Time now) {
  if (observer_ != nullptr) {
    observer_->OnCall({.outcome = OutcomeOf(decision),
                       .reason = decision.reason,
                       .asked_verifier = true,
                       .waited = now - call.since});
  }
  if (!MustDefer(decision, call.wrapped)) {
    return std::move(call.done)(decision);
  }
  const Decision deferred = Deferred(decision);
  Defer(*call.wrapped, token, deferred, now);
  std::move(call.done)(deferred);
}

void Authorizer::Defer(const std::string& wrapped, const base::TokenKey& token,
                       const Decision& refusal, absl::Time now) {
  const base::TokenKey key = WrappedKey(wrapped, token);
  admitted_wrapped_.Erase(key);
  deferred_.Put(key, std::make_shared<const Decision>(refusal),
                BytesOf(refusal), now + kAdmissionLife);
}

Authorizer::Identity Authorizer::FindIdentity(const CallInfo& call) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule != nullptr && IsAnonymous(*rule, call)) return {.anonymous = true};
  if (call.wrapped != nullptr) return FindWrapped(call, rule);
  if (rule == nullptr) return {};
  // A malformed header was never admitted.
  const std::string_view token = token::FindBearer(call.authorization);
  if (token.empty()) return {};
  return {.caller = admitted_.Find(base::TokenKey(token), clock_.Now()),
          .token = token};
}

Authorizer::Identity Authorizer::FindWrapped(const CallInfo& call,
                                             const MethodRule* rule) {
  const auto refused = [](const Decision& refusal) -> Identity {
    return {.refusal = std::make_shared<const Decision>(refusal)};
  };
  if (rule == nullptr) return refused(NotInPolicy());
  const base::Result<std::string_view> token =
      token::ReadBearer(call.authorization);
  if (!token.ok()) return refused(Refuse(token.refusal()));
  const base::TokenKey key = WrappedKey(*call.wrapped, base::TokenKey(*token));
  const absl::Time now = clock_.Now();
  // The admission may come from an earlier policy, or belong to another call
  // while this one is deferred. So the caller must satisfy the present rule as
  // a whole.
  const auto admission = admitted_wrapped_.Find(key, now);
  if (admission != nullptr && (admission->rule.get() == rule ||
                               admission->rule->audiences == rule->audiences)) {
    if (auto refusal = FindRefusal(*rule, *admission->caller)) {
      return refused(*refusal);
    }
    return {.caller = admission->caller, .token = *token};
  }
  if (auto refusal = deferred_.Find(key, now)) return {.refusal = refusal};
  return refused(UnknownRefusal());
}

void Authorizer::Stop() {
  base::MutexLock lock(verifier_mutex_);
  verifier_ = nullptr;
  while (verifier_users_ > 0) verifier_released_.Wait(verifier_mutex_);
}

}  // namespace usher::guard
