#include "lib/introspect/introspector.h"

#include <algorithm>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/oauth/form.h"

namespace usher::introspect {
namespace {

using Kind = EndpointErrorKind;

TimedAnswer Failed(Kind kind, std::string_view message) {
  return {EndpointError{kind, std::string(message)}, absl::InfinitePast()};
}
TimedAnswer Stopped() {
  return Failed(Kind::kUnreachable, "usherd is stopping");
}
TimedAnswer NoSlot() {
  return Failed(
      Kind::kOverloaded,
      "too many questions wait for this issuer's introspection endpoint");
}
TimedAnswer TooLate() {
  return Failed(Kind::kTimeout, "the issuer did not answer in time");
}

}  // namespace

std::shared_ptr<Introspector> Introspector::Create(Settings settings,
                                                   Deps deps) {
  return std::shared_ptr<Introspector>(
      new Introspector(std::move(settings), deps));
}

Introspector::Introspector(Settings settings, Deps deps)
    : settings_(std::move(settings)),
      deps_(deps),
      client_(settings_.client),
      slots_(settings_.slots) {}

void Introspector::Ask(std::string_view token, std::string_view client_service,
                       absl::Time deadline, Done done) {
  const jose::Sha256Digest digest = jose::Sha256(token);
  std::optional<FairSlots::Id> send;
  std::optional<TimedAnswer> refused;
  {
    const base::MutexLock lock(mutex_);
    const auto [same, is_new] = by_token_.try_emplace(digest, next_);
    const FairSlots::Id id = same->second;
    if (stopped_) {
      refused = Stopped();
    } else if (is_new) {
      const Admission admission = slots_.Ask(client_service, id);
      if (admission == Admission::kFull) {
        refused = NoSlot();
      } else {
        Question& question = questions_[id];
        question.digest = digest;
        question.token = Secret(std::string(token));
        question.service = client_service;
        question.has_slot = admission == Admission::kStart;
        if (question.has_slot) send = id;
      }
    }
    if (refused) {
      if (is_new) by_token_.erase(same);
    } else {
      if (is_new) ++next_;
      const uint64_t number = next_++;
      const auto timer =
          deps_.scheduler.At(deadline, [weak = weak_from_this(), id, number] {
            if (const auto self = weak.lock()) self->GiveUp(id, number);
          });
      questions_.at(id).waiters.push_back({number, std::move(done), timer});
    }
  }
  if (refused) Refuse(std::move(done), *std::move(refused));
  if (send) Send(*send);
}

std::optional<TimedAnswer> Introspector::Find(std::string_view token,
                                              absl::Time now) const {
  return deps_.cache.Find({jose::Sha256(token), settings_.issuer_id}, now);
}

void Introspector::Stop() {
  Questions questions;
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    questions.swap(questions_);
    by_token_.clear();
  }
  for (auto& [id, question] : questions) {
    for (Waiter& waiter : question.waiters) {
      deps_.scheduler.Cancel(waiter.timer);
      Deliver(std::move(waiter.done), Stopped());
    }
  }
}

// On the executor, because the credentials come from files.
void Introspector::Send(FairSlots::Id id) {
  deps_.executor.Run([self = shared_from_this(), id] { self->SendNow(id); });
}

void Introspector::SendNow(FairSlots::Id id) {
  if (!settings_.endpoint_source) return SendTo(id, settings_.endpoint);
  settings_.endpoint_source->Find([self = shared_from_this(),
                                   id](absl::StatusOr<std::string> endpoint) {
    if (endpoint.ok()) return self->SendTo(id, *std::move(endpoint));
    self->Finish(id, EndpointError{Kind::kEndpointUnknown,
                                   std::string(endpoint.status().message())});
  });
}

void Introspector::SendTo(FairSlots::Id id, std::string endpoint) {
  const absl::Time now = deps_.clock.Now();
  const auto client = client_.Current(now);
  if (!client.ok()) {
    return Finish(id, EndpointError{Kind::kCredentialsUnusable,
                                    std::string(client.status().message())});
  }
  oauth::Form form;
  absl::Time end;
  {
    const base::MutexLock lock(mutex_);
    const auto found = questions_.find(id);
    if (found == questions_.end()) return;  // stopped
    Question& question = found->second;
    if (!question.began) question.began = now;
    end = *question.began + settings_.timeout;
    form.Add("token", question.token.Reveal());
  }
  form.Add("token_type_hint", "access_token");
  http::Request request =
      (*client)->Post(std::move(endpoint), std::move(form), now);
  request.options = settings_.trust;
  request.timeout = end - now;
  request.max_body = kMaxAnswer;
  deps_.http.Fetch(std::move(request), [self = shared_from_this(), id](
                                           absl::StatusOr<http::Response> got) {
    self->deps_.executor.Run([self, id, got = std::move(got)]() mutable {
      self->OnResponse(id, std::move(got));
    });
  });
}

void Introspector::OnResponse(FairSlots::Id id,
                              absl::StatusOr<http::Response> response) {
  if (absl::IsUnavailable(response.status())) {
    const absl::Time now = deps_.clock.Now();
    bool retry = false;
    {
      const base::MutexLock lock(mutex_);
      const auto found = questions_.find(id);
      if (found == questions_.end()) return;
      Question& question = found->second;
      retry = !question.retried && now < *question.began + settings_.timeout;
      question.retried = true;
    }
    if (retry) return Send(id);
  }
  Finish(id, ReadAnswer(response, {settings_.issuers, settings_.policy}));
}

void Introspector::Finish(FairSlots::Id id, Answer answer) {
  const absl::Time now = deps_.clock.Now();
  Question question;
  std::optional<FairSlots::Id> next;
  {
    const base::MutexLock lock(mutex_);
    const auto found = questions_.find(id);
    if (found == questions_.end()) return;  // stopped
    question = std::move(found->second);
    questions_.erase(found);
    by_token_.erase(question.digest);
    next = slots_.Release(question.service);
    if (next) questions_.at(*next).has_slot = true;
  }
  deps_.observer.OnAnswer(settings_.issuer_name, answer,
                          now - question.began.value_or(now));
  const TimedAnswer timed = deps_.cache.Put(
      {question.digest, settings_.issuer_id}, std::move(answer), now);
  for (Waiter& waiter : question.waiters) {
    deps_.scheduler.Cancel(waiter.timer);
    Deliver(std::move(waiter.done), timed);
  }
  if (next) Send(*next);
}

void Introspector::GiveUp(FairSlots::Id id, uint64_t number) {
  Done done;
  bool has_slot = false;
  {
    const base::MutexLock lock(mutex_);
    const auto found = questions_.find(id);
    if (found == questions_.end()) return;
    Question& question = found->second;
    has_slot = question.has_slot;
    const auto waiter =
        std::find_if(question.waiters.begin(), question.waiters.end(),
                     [&](const Waiter& each) { return each.number == number; });
    if (waiter == question.waiters.end()) return;
    done = std::move(waiter->done);
    question.waiters.erase(waiter);
    // An answer that is under way is awaited all the same, for the cache.
    if (question.waiters.empty() && !has_slot) {
      slots_.Withdraw(question.service, id);
      by_token_.erase(question.digest);
      questions_.erase(found);
    }
  }
  if (!has_slot) return Refuse(std::move(done), NoSlot());
  Deliver(std::move(done), TooLate());  // its answer is reported when it comes
}

// A question that was not sent.
void Introspector::Refuse(Done done, TimedAnswer answer) {
  deps_.observer.OnAnswer(settings_.issuer_name, answer.answer,
                          absl::ZeroDuration());
  Deliver(std::move(done), std::move(answer));
}

void Introspector::Deliver(Done done, TimedAnswer answer) {
  deps_.executor.Run(
      [done = std::move(done), answer = std::move(answer)]() mutable {
        done(std::move(answer));
      });
}

}  // namespace usher::introspect
