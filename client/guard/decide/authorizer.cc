#include "client/guard/decide/authorizer.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/strings.h"
#include "lib/token/bearer.h"

namespace usher::guard {
namespace {

// From the gate to the interceptor a call may wait for a free handler, and no
// longer than this. One that comes later is refused.
constexpr absl::Duration kAdmittedLife = absl::Minutes(10);

// What admitted_behind_ and refused_ remember a call by.
base::TokenKey Behind(const std::string& wrapped, const base::TokenKey& token) {
  return token.For({&wrapped, 1});
}

size_t BytesOf(const Ruling& ruling) {
  size_t bytes = sizeof ruling + ruling.message.size();
  for (const std::string& s : ruling.scopes) bytes += sizeof s + s.size();
  return bytes;
}

bool HoldsScopes(const MethodRule& rule, const Caller& caller) {
  const auto held = [&](const std::string& s) { return caller.HasScope(s); };
  if (rule.scopes.empty()) return true;
  return rule.scope_match == ScopeMatch::kAll
             ? std::all_of(rule.scopes.begin(), rule.scopes.end(), held)
             : std::any_of(rule.scopes.begin(), rule.scopes.end(), held);
}

Ruling NotInPolicy() {
  return Refuse(
      base::Refusal{Reason::kMethodNotInPolicy,
                    "the service's policy does not speak of this method"});
}

// For a pending call whose refusal is no longer known.
Ruling Lost() { return Refuse(Undecided{Undecided::Cause::kOverloaded}); }

// The first rule that does not hold, or null.
const ClaimRule* FindBroken(const MethodRule& rule, const Caller& caller) {
  for (const ClaimRule& claim : rule.claims) {
    if (!claim.Holds(caller.claims())) return &claim;
  }
  return nullptr;
}

// By the policy's name for the claim: what the token says is nobody's business.
Ruling BreaksRule(const ClaimRule& rule) {
  return Refuse(
      base::Refusal{Reason::kClaimRejected,
                    base::StrCat("claim ", rule.path().Text(),
                                 " is absent or not what this method wants")});
}

// What `caller`, whose token is good, lacks of what `rule` wants. Scopes last:
// whoever lacks what no scope can give is not told to ask for more of them.
std::optional<Ruling> FindLack(const MethodRule& rule, const Caller& caller) {
  if (const ClaimRule* broken = FindBroken(rule, caller)) {
    return BreaksRule(*broken);
  }
  if (HoldsScopes(rule, caller)) return std::nullopt;
  return RefuseScopes(rule.scopes, rule.scope_match);
}

Ruling Judge(const MethodRule& rule, const VerdictCache::Verdict& verdict) {
  if (verdict.denied != nullptr) return Refuse(*verdict.denied);
  return FindLack(rule, *verdict.caller).value_or(Ruling());
}

GuardObserver::End EndOf(const Ruling& ruling) {
  using enum GuardObserver::End;
  if (ruling.admits()) return kAdmitted;
  return ruling.code == absl::StatusCode::kUnavailable ? kUndecided : kRefused;
}

}  // namespace

Authorizer::Authorizer(MethodPolicy policy, const Limits& limits,
                       const base::Clock& clock, TokenVerifier& asker,
                       std::shared_ptr<GuardObserver> observer, TokenKind kind)
    : policy_(std::make_unique<Policy>(
          std::make_shared<const MethodPolicy>(std::move(policy)))),
      clock_(clock),
      observer_(std::move(observer)),
      kind_(kind),
      verdicts_(limits.verdicts),
      admitted_(limits.verdicts.verified),
      admitted_behind_(limits.verdicts.verified),
      refused_(limits.verdicts.denied),
      flights_(limits.max_parked),
      asker_(&asker) {}

void Authorizer::Use(MethodPolicy policy) {
  policy_.Publish(std::make_unique<Policy>(
      std::make_shared<const MethodPolicy>(std::move(policy))));
}

void Authorizer::Decide(const CallFacts& call, Done done) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule == nullptr) return Tell(call, done, NotInPolicy());
  if (rule->is_public) return Tell(call, done, Ruling());
  const base::Result<std::string_view> token =
      token::ReadBearer(call.authorization);
  if (!token.ok()) return Tell(call, done, Refuse(token.refusal()));

  const base::TokenKey key(*token);
  const absl::Time now = clock_.Now();
  const auto verdict = verdicts_.Find(key.For(rule->audiences), now);
  if (verdict.known()) {
    const Ruling ruling = Judge(*rule, verdict);
    if (ruling.admits()) {
      Admit(call.wrapped == nullptr ? nullptr : SharedRule(*policy, rule),
            call.wrapped, key, verdict.caller, now);
    }
    return Tell(call, done, ruling);
  }
  Park(call, SharedRule(*policy, rule), key, now, std::move(done));
}

void Authorizer::Admit(SharedRule rule, const std::string* wrapped,
                       const base::TokenKey& token,
                       const std::shared_ptr<const Caller>& caller,
                       absl::Time now) {
  const absl::Time ends = now + kAdmittedLife;
  const size_t bytes = BytesOf(*caller);
  if (wrapped == nullptr) return admitted_.Put(token, caller, bytes, ends);
  const base::TokenKey key = Behind(*wrapped, token);
  auto admission = admitted_behind_.Find(key, now);
  if (admission == nullptr || admission->caller != caller ||
      admission->rule != rule) {
    admission =
        std::make_shared<const Admission>(Admission{caller, std::move(rule)});
  }
  admitted_behind_.Put(key, std::move(admission), sizeof(Admission) + bytes,
                       ends);
}

void Authorizer::Park(const CallFacts& call, SharedRule rule,
                      const base::TokenKey& token, absl::Time now, Done done) {
  const base::TokenKey key = token.For(rule->audiences);
  PendingCall parked = {rule, now, std::move(done), call.wrapped};
  switch (flights_.Join(key, parked)) {
    case SingleFlight::Place::kBehind:
      return;
    case SingleFlight::Place::kFirst:
      return Ask(std::move(rule), key, call.trace);
    case SingleFlight::Place::kNone:
      return Tell(call, parked.done,
                  Refuse(base::Refusal{Reason::kOverloaded,
                                       "too many calls wait; try again"}));
  }
}

void Authorizer::Ask(SharedRule rule, const base::TokenKey& key,
                     const TraceHeaders& trace) {
  const absl::Time sent = clock_.Now();
  // An answer may have come between the look into memory and Join().
  if (const auto verdict = verdicts_.Find(key, sent); verdict.known()) {
    return Land(key, verdict, sent);
  }
  auto answered = [this, rule, token = std::string(key.token()),
                   sent](VerifyResult answer) {
    Keep(base::TokenKey(token).For(rule->audiences), sent, answer);
  };
  TokenVerifier* asker = BeginAsking();
  if (asker == nullptr) {
    return answered(Undecided{.cause = Undecided::Cause::kStopped});
  }
  asker->Verify({.token = key.token(),
                 .audiences = rule->audiences,
                 .kind = kind_,
                 .trace = trace},
                std::move(answered));
  EndAsking();
}

TokenVerifier* Authorizer::BeginAsking() {
  std::lock_guard lock(asker_mutex_);
  if (asker_ != nullptr) ++asking_;
  return asker_;
}

void Authorizer::EndAsking() {
  std::lock_guard lock(asker_mutex_);
  if (--asking_ == 0) nobody_asks_.notify_all();
}

void Authorizer::Keep(const base::TokenKey& key, absl::Time sent,
                      const VerifyResult& answer) {
  const absl::Time now = clock_.Now();
  if (const Undecided* undecided = answer.undecided()) {
    if (observer_ != nullptr) observer_->OnUndecided(*undecided);
    const Ruling ruling = Refuse(*undecided);
    for (const PendingCall& call : flights_.Land(key)) {
      Tell(call, key, ruling, now);
    }
    return;
  }
  VerdictCache::Verdict verdict;
  if (answer.ok()) {
    verdict.caller = std::make_shared<const Caller>(*answer.verified());
    verdicts_.Put(key, verdict.caller, sent, now);
  } else {
    verdict.denied = std::make_shared<const Denial>(*answer.denial());
    verdicts_.Put(key, verdict.denied, now);
  }
  // After it is kept: a call that comes now finds the verdict or its flight.
  Land(key, verdict, now);
}

void Authorizer::Land(const base::TokenKey& key,
                      const VerdictCache::Verdict& verdict, absl::Time now) {
  const base::TokenKey token(key.token());
  for (const PendingCall& call : flights_.Land(key)) {
    const Ruling ruling = Judge(*call.rule, verdict);
    if (ruling.admits()) {
      Admit(call.rule, call.wrapped, token, verdict.caller, now);
    }
    Tell(call, token, ruling, now);
  }
}

void Authorizer::Tell(const CallFacts& call, const Done& done,
                      const Ruling& ruling) {
  if (observer_ != nullptr) {
    observer_->OnCall({.end = EndOf(ruling), .reason = ruling.reason});
  }
  if (ruling.admits() || call.wrapped == nullptr) return done(ruling);
  Ruling pending = ruling;
  pending.pending = true;
  // Without a token there is no admission to take away, and FindAdmitted()
  // sees for itself what is wrong.
  if (const auto token = token::ReadBearer(call.authorization); token.ok()) {
    Suspend(*call.wrapped, base::TokenKey(*token), pending, clock_.Now());
  }
  done(pending);
}

void Authorizer::Tell(const PendingCall& call, const base::TokenKey& token,
                      const Ruling& ruling, absl::Time now) {
  if (observer_ != nullptr) {
    observer_->OnCall({.end = EndOf(ruling),
                       .reason = ruling.reason,
                       .asked = true,
                       .waited = now - call.since});
  }
  if (ruling.admits() || call.wrapped == nullptr) return call.done(ruling);
  Ruling pending = ruling;
  pending.pending = true;
  Suspend(*call.wrapped, token, pending, now);
  call.done(pending);
}

void Authorizer::Suspend(const std::string& wrapped,
                         const base::TokenKey& token, const Ruling& pending,
                         absl::Time now) {
  const base::TokenKey key = Behind(wrapped, token);
  admitted_behind_.Drop(key);
  refused_.Put(key, std::make_shared<const Ruling>(pending), BytesOf(pending),
               now + kAdmittedLife);
}

Authorizer::Admitted Authorizer::FindAdmitted(const CallFacts& call) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule != nullptr && rule->is_public) return {.open = true};
  if (call.wrapped != nullptr) return FindBehindWrapper(call, rule);
  if (rule == nullptr) return {};
  // What is no token was admitted nowhere.
  const std::string_view token = token::FindBearer(call.authorization);
  if (token.empty()) return {};
  return {.caller = admitted_.Find(base::TokenKey(token), clock_.Now()),
          .token = token};
}

Authorizer::Admitted Authorizer::FindBehindWrapper(const CallFacts& call,
                                                   const MethodRule* rule) {
  const auto refused = [](const Ruling& refusal) -> Admitted {
    return {.refusal = std::make_shared<const Ruling>(refusal)};
  };
  if (rule == nullptr) return refused(NotInPolicy());
  const base::Result<std::string_view> token =
      token::ReadBearer(call.authorization);
  if (!token.ok()) return refused(Refuse(token.refusal()));
  const base::TokenKey key = Behind(*call.wrapped, base::TokenKey(*token));
  const absl::Time now = clock_.Now();
  // Perhaps an earlier policy admitted this call or another, and this one is
  // pending: whoever comes in must be let in by the policy of now as a whole.
  const auto admission = admitted_behind_.Find(key, now);
  if (admission != nullptr && (admission->rule.get() == rule ||
                               admission->rule->audiences == rule->audiences)) {
    if (auto lack = FindLack(*rule, *admission->caller)) return refused(*lack);
    return {.caller = admission->caller, .token = *token};
  }
  if (auto refusal = refused_.Find(key, now)) return {.refusal = refusal};
  return refused(Lost());
}

void Authorizer::Stop() {
  std::unique_lock lock(asker_mutex_);
  asker_ = nullptr;
  nobody_asks_.wait(lock, [this] { return asking_ == 0; });
}

}  // namespace usher::guard
