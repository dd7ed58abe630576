#include "client/guard/decide/authorizer.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "client/guard/decide/evaluate.h"
#include "client/guard/decide/token_form.h"
#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

// How long a call may wait for a free handler between the gate and the
// interceptor. A call that comes later is refused.
constexpr absl::Duration kAdmissionLife = absl::Minutes(10);

// After a refresh without a decision; half as much again at random.
constexpr absl::Duration kRefreshRetry = absl::Seconds(1);

// From 0 to 1. Not for secrets.
double Jitter() {
  thread_local std::minstd_rand random{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

void RetryRefresh(const KnownToken& known, absl::Time now) {
  known.RetryRefresh(now + kRefreshRetry * (1 + Jitter() / 2));
}

Decision Overloaded(std::string_view text) {
  return Refuse(base::Refusal{Reason::kOverloaded, std::string(text)});
}

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

Decision NotAJwt() {
  return Refuse(base::Refusal{Reason::kTokenMalformed,
                              "the token does not have three base64url parts"});
}

// For a deferred call whose refusal was evicted.
Decision UnknownRefusal() {
  return Refuse(Undecided{Undecided::Cause::kOverloaded});
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
                       std::shared_ptr<GuardObserver> observer, TokenKind kind,
                       base::Executor* executor)
    : policy_(std::make_unique<SharedPolicy>(
          std::make_shared<const MethodPolicy>(std::move(policy)))),
      clock_(clock),
      observer_(std::move(observer)),
      kind_(kind),
      deadline_(limits.deadline),
      jwt_only_(limits.jwt_only),
      token_header_(limits.token_header),
      // The calls that wait for a handler may hold as much as those that wait
      // for a verification.
      budget_(limits.verdicts.verified.bytes + limits.questions.max_bytes),
      verdicts_(limits.verdicts),
      deferred_(limits.verdicts.denied),
      questions_(limits.questions),
      verifier_(verifier),
      executor_(executor) {}

void Authorizer::SetPolicy(MethodPolicy policy) {
  policy_.Publish(std::make_unique<SharedPolicy>(
      std::make_shared<const MethodPolicy>(std::move(policy))));
}

void Authorizer::Decide(const CallInfo& call, DecisionCallback done) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule == nullptr) return Finish(call, std::move(done), NotInPolicy());
  if (IsAnonymous(*rule, call.token_values)) {
    return Finish(call, std::move(done), Decision());
  }
  const base::Result<std::string_view> token =
      token::ReadBearer(call.token_values, token_header_);
  if (!token.ok()) {
    return Finish(call, std::move(done), Refuse(token.refusal()));
  }

  const base::TokenKey key(*token);
  const absl::Time now = clock_.Now();
  auto verdict = verdicts_.Find(key.For(rule->audiences), now);
  if (!verdict.known()) {
    if (jwt_only_ && !HasJwtForm(*token)) {
      return Finish(call, std::move(done), NotAJwt());
    }
    return WaitForResult(call, SharedRule(*policy, rule), key, now,
                         std::move(done));
  }
  if (verdict.verified != nullptr) {
    RefreshIfDue(call, *policy, *rule, verdict.verified, now);
  }
  const Decision decision = Evaluate(*rule, verdict);
  if (decision.admits()) {
    Admit(call.wrapped == nullptr ? nullptr : SharedRule(*policy, rule),
          call.wrapped, key, std::move(verdict.verified), now);
  }
  Finish(call, std::move(done), decision);
}

void Authorizer::Admit(SharedRule rule, const std::string* wrapped,
                       const base::TokenKey& token,
                       std::shared_ptr<const KnownToken> known,
                       absl::Time now) {
  const absl::Time ends = now + kAdmissionLife;
  if (wrapped == nullptr) {
    return admitted_.Add(token, {std::move(known)}, ends, now);
  }
  admitted_wrapped_.Add(WrappedKey(*wrapped, token),
                        {std::move(known), std::move(rule)}, ends, now);
}

void Authorizer::WaitForResult(const CallInfo& call, SharedRule rule,
                               const base::TokenKey& token, absl::Time now,
                               DecisionCallback done) {
  const base::TokenKey key = token.For(rule->audiences);
  PendingCall pending = {std::move(rule), now, std::move(done), call.wrapped,
                         call.connection};
  Questions::Work work;
  const auto joined = questions_.Join(key, call.trace, pending, work);
  Do(std::move(work));
  if (joined == Questions::Joined::kWaits) return;
  Finish(call, std::move(pending.done),
         Overloaded("too many calls wait for a verification; try again"));
}

void Authorizer::RefreshIfDue(const CallInfo& call, const SharedPolicy& policy,
                              const MethodRule& rule,
                              const std::shared_ptr<const KnownToken>& known,
                              absl::Time now) {
  if (!known->BeginRefresh(now)) return;
  Questions::Work work;
  questions_.Refresh(base::TokenKey(known->token()).For(rule.audiences),
                     call.trace, SharedRule(policy, &rule), known, now, work);
  Do(std::move(work));
}

void Authorizer::Do(Questions::Work work) {
  struct Running {
    Authorizer* authorizer;
    Questions::Work* work;
  };
  thread_local Running running = {nullptr, nullptr};
  if (running.authorizer == this) return running.work->Append(std::move(work));
  const Running outer = std::exchange(running, {this, &work});
  while (!work.empty()) {
    Questions::Work next = std::exchange(work, {});
    for (const auto& question : next.ask) Ask(question);
    for (Questions::Expired& expired : next.expired) {
      const absl::Time now = clock_.Now();
      if (const auto& known = expired.question->refreshed; known != nullptr) {
        RetryRefresh(*known, now);
      }
      DecidePending(
          *expired.question, std::move(expired.calls),
          {.refusal = Overloaded("the verifier has too many questions; try "
                                 "again")},
          now);
    }
  }
  running = outer;
}

void Authorizer::Ask(std::shared_ptr<Question> question) {
  if (executor_ == nullptr || !verifier_.Enter()) return AskHere(question);
  executor_->Run([this, question = std::move(question)] { AskHere(question); });
  verifier_.Leave();
}

void Authorizer::AskHere(const std::shared_ptr<Question>& question) {
  const absl::Time sent = clock_.Now();
  // A result may have come between the look-up and Join().
  if (question->refreshed == nullptr) {
    if (auto verdict = verdicts_.Find(question->key(), sent); verdict.known()) {
      return Complete(*question, {std::move(verdict)}, sent);
    }
  }
  auto done = [this, question, sent](VerifyResult result) {
    OnResult(question, sent, result);
  };
  VerifyRequest request = {.token = question->token,
                           .audiences = question->rule->audiences,
                           .kind = kind_,
                           .trace = question->trace()};
  if (sent > question->since) request.deadline = question->since + deadline_;
  verifier_.Verify(request, std::move(done));
}

void Authorizer::OnResult(const std::shared_ptr<Question>& question,
                          absl::Time sent, const VerifyResult& result) {
  const absl::Time now = clock_.Now();
  if (result.undecided() != nullptr && observer_ != nullptr) {
    observer_->OnUndecided(*result.undecided());
  }
  // Remembers the result before Complete(): a call that comes now finds either
  // the verdict or the question.
  const Answer answer = AnswerOf(*question, sent, result, now);
  if (question->refreshed != nullptr) {
    // Then the verdict stays as it is, and ends when it would have ended.
    if (answer.refusal) RetryRefresh(*question->refreshed, now);
    ReportRefresh(result);
  }
  Complete(*question, answer, now);
}

void Authorizer::ReportRefresh(const VerifyResult& result) {
  using enum GuardObserver::RefreshResult;
  if (observer_ == nullptr) return;
  observer_->OnRefresh(result.ok()                  ? kVerified
                       : result.denial() != nullptr ? kDenied
                                                    : kUndecided);
}

Authorizer::Answer Authorizer::AnswerOf(const Question& question,
                                        absl::Time sent,
                                        const VerifyResult& result,
                                        absl::Time now) {
  if (const Undecided* undecided = result.undecided()) {
    return {.refusal = Refuse(*undecided)};
  }
  if (const Denial* denial = result.denial()) {
    auto denied = std::make_shared<const Denial>(*denial);
    verdicts_.Put(question.key(), denied, now);
    return {.verdict = {.denied = std::move(denied)}};
  }
  auto known = Know(question.token, *result.verified(), sent, now);
  if (known == nullptr) {
    return {.refusal = Overloaded("too many calls wait for a handler; try "
                                  "again")};
  }
  verdicts_.Put(question.key(), known, now);
  return {.verdict = {.verified = std::move(known)}};
}

std::shared_ptr<const KnownToken> Authorizer::Know(
    std::string_view token, const VerifiedToken& verified, absl::Time sent,
    absl::Time now) {
  const double jitter = Jitter();
  auto known =
      KnownToken::Create(token, Caller(verified), sent, jitter, budget_);
  if (known != nullptr) return known;
  admitted_.Sweep(now);
  admitted_wrapped_.Sweep(now);
  return KnownToken::Create(token, Caller(verified), sent, jitter, budget_);
}

void Authorizer::Complete(Question& question, const Answer& answer,
                          absl::Time now) {
  Questions::Work work;
  std::vector<PendingCall> calls = questions_.Complete(question, now, work);
  DecidePending(question, std::move(calls), answer, now);
  Do(std::move(work));
}

void Authorizer::DecidePending(const Question& question,
                               std::vector<PendingCall> calls,
                               const Answer& answer, absl::Time now) {
  const base::TokenKey token(question.token);
  for (PendingCall& call : calls) {
    const Decision decision =
        answer.refusal ? *answer.refusal : Evaluate(*call.rule, answer.verdict);
    if (decision.admits()) {
      Admit(call.rule, call.wrapped, token, answer.verdict.verified, now);
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
  if (const auto token = token::ReadBearer(call.token_values, token_header_);
      token.ok()) {
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

Authorizer::Identity Authorizer::FindUngated(const CallInfo& call) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  return {.anonymous =
              rule != nullptr && IsAnonymous(*rule, call.token_values)};
}

Authorizer::Identity Authorizer::FindIdentity(const CallInfo& call) {
  const auto policy = policy_.Read();
  const MethodRule* rule = (*policy)->Find(call.path);
  if (rule != nullptr && IsAnonymous(*rule, call.token_values))
    return {.anonymous = true};
  if (call.wrapped != nullptr) return FindWrapped(call, rule);
  // A malformed header was never admitted.
  const std::string_view token =
      token::FindBearer(call.token_values, token_header_);
  if (token.empty()) return {};
  const base::TokenKey key(token);
  const absl::Time now = clock_.Now();
  // Also without a rule: the policy may have changed since the gate, and gRPC
  // has a name of its own for a method that the server lacks.
  const Admission admission = admitted_.Take(key, now);
  if (rule == nullptr) return {};
  if (admission.token != nullptr) {
    return {.caller = admission.token->caller(), .token = token};
  }
  // A call that the gate admitted without a look at its token can have ended
  // the admission of this one: a missing method was public.
  const auto verdict = verdicts_.Find(key.For(rule->audiences), now);
  if (verdict.verified == nullptr ||
      FindRefusal(*rule, *verdict.verified->caller())) {
    return {};
  }
  return {.caller = verdict.verified->caller(), .token = token};
}

Authorizer::Identity Authorizer::FindWrapped(const CallInfo& call,
                                             const MethodRule* rule) {
  const auto refused = [](const Decision& refusal) -> Identity {
    return {.refusal = std::make_shared<const Decision>(refusal)};
  };
  const base::Result<std::string_view> token =
      token::ReadBearer(call.token_values, token_header_);
  if (!token.ok()) {
    return refused(rule == nullptr ? NotInPolicy() : Refuse(token.refusal()));
  }
  const base::TokenKey key = WrappedKey(*call.wrapped, base::TokenKey(*token));
  const absl::Time now = clock_.Now();
  // The admission may come from an earlier policy, or belong to another call
  // while this one is deferred. So the caller must satisfy the present rule as
  // a whole.
  const Admission admission = admitted_wrapped_.Take(key, now);
  if (rule == nullptr) return refused(NotInPolicy());
  if (admission.token != nullptr &&
      (admission.rule.get() == rule ||
       admission.rule->audiences == rule->audiences)) {
    const std::shared_ptr<const Caller>& caller = admission.token->caller();
    if (auto refusal = FindRefusal(*rule, *caller)) return refused(*refusal);
    return {.caller = caller, .token = *token};
  }
  if (auto refusal = deferred_.Find(key, now)) return {.refusal = refusal};
  return refused(UnknownRefusal());
}

void Authorizer::Stop() { verifier_.Stop(); }

}  // namespace usher::guard
