#include "client/guard/gatekeeper.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "client/guard/bearer.h"
#include "lib/base/strings.h"

namespace usher::guard {
namespace {

// From the gate to the interceptor a call may wait for a free handler, and no
// longer than this. One that comes later is refused.
constexpr absl::Duration kAdmittedLife = absl::Minutes(10);

bool HoldsScopes(const MethodRule& rule, const Caller& caller) {
  const auto held = [&](const std::string& s) { return caller.HasScope(s); };
  if (rule.scopes.empty()) return true;
  return rule.scope_match == ScopeMatch::kAll
             ? std::all_of(rule.scopes.begin(), rule.scopes.end(), held)
             : std::any_of(rule.scopes.begin(), rule.scopes.end(), held);
}

Ruling LacksScopes(const MethodRule& rule) {
  std::string message =
      rule.scope_match == ScopeMatch::kAll ? "needs" : "needs one of";
  for (const std::string& scope : rule.scopes) message += " " + scope;
  return Refuse(base::Refusal{Reason::kScopeInsufficient, std::move(message)});
}

GuardObserver::End EndOf(const Ruling& ruling) {
  using enum GuardObserver::End;
  if (ruling.admits()) return kAdmitted;
  return ruling.code == absl::StatusCode::kUnavailable ? kUndecided : kRefused;
}

}  // namespace

Gatekeeper::Gatekeeper(MethodPolicy policy, const Limits& limits,
                       const base::Clock& clock, TokenAsker& asker,
                       std::shared_ptr<GuardObserver> observer)
    : policy_(std::move(policy)),
      clock_(clock),
      observer_(std::move(observer)),
      verdicts_(limits.verdicts),
      admitted_(limits.verdicts.verified),
      flights_(limits.max_parked),
      asker_(&asker) {}

void Gatekeeper::Decide(const CallFacts& call, Done done) {
  const MethodRule* rule = policy_.Find(call.path);
  if (rule == nullptr) {
    return Tell(done, Refuse(base::Refusal{
                          Reason::kMethodNotInPolicy,
                          "the service's policy does not speak of this "
                          "method"}));
  }
  if (rule->open_to_everybody) return Tell(done, Ruling());
  const base::Result<std::string_view> token = ReadBearer(call.authorization);
  if (!token.ok()) return Tell(done, Refuse(token.refusal()));

  const TokenKey key(*token);
  const absl::Time now = clock_.Now();
  const auto verdict = verdicts_.Find(key.For(rule->audiences), now);
  if (verdict.known()) return Tell(done, Judge(*rule, key, verdict, now));
  Park(*rule, key, now, std::move(done));
}

Ruling Gatekeeper::Judge(const MethodRule& rule, const TokenKey& token,
                         const VerdictCache::Verdict& verdict, absl::Time now) {
  if (verdict.denied != nullptr) return Refuse(*verdict.denied);
  if (!HoldsScopes(rule, *verdict.caller)) return LacksScopes(rule);
  admitted_.Put(token, verdict.caller, BytesOf(*verdict.caller),
                now + kAdmittedLife);
  return Ruling();
}

void Gatekeeper::Park(const MethodRule& rule, const TokenKey& token,
                      absl::Time now, Done done) {
  const TokenKey key = token.For(rule.audiences);
  ParkedCall call = {&rule, now, std::move(done)};
  switch (flights_.Join(key, call)) {
    case Flights::Place::kBehind:
      return;
    case Flights::Place::kFirst:
      return Ask(rule, key);
    case Flights::Place::kNone:
      return Tell(call.done,
                  Refuse(base::Refusal{Reason::kOverloaded,
                                       "too many calls wait; try again"}));
  }
}

void Gatekeeper::Ask(const MethodRule& rule, const TokenKey& key) {
  const absl::Time sent = clock_.Now();
  // An answer may have come between the look into memory and Join().
  if (const auto verdict = verdicts_.Find(key, sent); verdict.known()) {
    return Land(key, verdict, sent);
  }
  auto answered = [this, &rule, token = std::string(key.token()),
                   sent](Answer answer) {
    Keep(TokenKey(token).For(rule.audiences), sent, answer);
  };
  TokenAsker* asker = BeginAsking();
  if (asker == nullptr) {
    return answered(Undecided{.cause = Undecided::Cause::kStopped});
  }
  asker->Ask({.token = key.token(), .audiences = rule.audiences},
             std::move(answered));
  EndAsking();
}

TokenAsker* Gatekeeper::BeginAsking() {
  std::lock_guard lock(asker_mutex_);
  if (asker_ != nullptr) ++asking_;
  return asker_;
}

void Gatekeeper::EndAsking() {
  std::lock_guard lock(asker_mutex_);
  if (--asking_ == 0) nobody_asks_.notify_all();
}

void Gatekeeper::Keep(const TokenKey& key, absl::Time sent,
                      const Answer& answer) {
  const absl::Time now = clock_.Now();
  if (const Undecided* undecided = answer.undecided()) {
    if (observer_ != nullptr) observer_->OnUndecided(*undecided);
    const Ruling ruling = Refuse(*undecided);
    for (const ParkedCall& call : flights_.Land(key)) Tell(call, ruling, now);
    return;
  }
  VerdictCache::Verdict verdict;
  if (answer.ok()) {
    verdict.caller = std::make_shared<const Caller>(*answer.verified());
    verdicts_.Put(key, verdict.caller, sent, now);
  } else {
    verdict.denied = std::make_shared<const Denied>(*answer.denied());
    verdicts_.Put(key, verdict.denied, now);
  }
  // After it is kept: a call that comes now finds the verdict or its flight.
  Land(key, verdict, now);
}

void Gatekeeper::Land(const TokenKey& key, const VerdictCache::Verdict& verdict,
                      absl::Time now) {
  const TokenKey token(key.token());
  for (const ParkedCall& call : flights_.Land(key)) {
    Tell(call, Judge(*call.rule, token, verdict, now), now);
  }
}

void Gatekeeper::Tell(const Done& done, const Ruling& ruling) {
  if (observer_ != nullptr) {
    observer_->OnCall({.end = EndOf(ruling), .reason = ruling.reason});
  }
  done(ruling);
}

void Gatekeeper::Tell(const ParkedCall& call, const Ruling& ruling,
                      absl::Time now) {
  if (observer_ != nullptr) {
    observer_->OnCall({.end = EndOf(ruling),
                       .reason = ruling.reason,
                       .asked = true,
                       .waited = now - call.since});
  }
  call.done(ruling);
}

Gatekeeper::Admitted Gatekeeper::FindAdmitted(const CallFacts& call) {
  const MethodRule* rule = policy_.Find(call.path);
  if (rule == nullptr) return {};
  if (rule->open_to_everybody) return {.open = true, .caller = nullptr};
  const base::Result<std::string_view> token = ReadBearer(call.authorization);
  if (!token.ok()) return {};
  return {.open = false,
          .caller = admitted_.Find(TokenKey(*token), clock_.Now())};
}

void Gatekeeper::Stop() {
  std::unique_lock lock(asker_mutex_);
  asker_ = nullptr;
  nobody_asks_.wait(lock, [this] { return asking_ == 0; });
}

}  // namespace usher::guard
