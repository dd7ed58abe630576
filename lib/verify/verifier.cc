#include "lib/verify/verifier.h"

#include <chrono>
#include <utility>

namespace usher::verify {
namespace {

using Steady = std::chrono::steady_clock;

absl::Duration Since(Steady::time_point began) {
  return absl::FromChrono(Steady::now() - began);
}

}  // namespace

struct Pending::State : std::enable_shared_from_this<State> {
  State(const Verifier& by, std::string_view text, const Requirements& wanted,
        std::string_view issuer, Steady::time_point begin,
        std::variant<KeyNotInMemory, AnswerNotInMemory> what)
      : verifier(by),
        token(text),
        requirements(wanted),
        issuer_name(issuer),
        began(begin),
        missing(std::move(what)) {}

  const Verifier verifier;
  const std::string token;
  const Requirements requirements;
  const std::string issuer_name;
  const Steady::time_point began;
  const std::variant<KeyNotInMemory, AnswerNotInMemory> missing;

  absl::AnyInvocable<void(Decision)> done = nullptr;
  absl::Time resumed_at = absl::InfinitePast();
  absl::Time deadline = absl::InfiniteFuture();

  void Begin() {
    resumed_at = verifier.deps_.clock.Now();
    if (const auto* answer = std::get_if<AnswerNotInMemory>(&missing)) {
      return Ask(*answer->introspector);
    }
    const auto& key = std::get<KeyNotInMemory>(missing);
    const auto now = key.keys->AwaitKey(
        key.missing, deadline,
        [self = shared_from_this()](jwks::Cache::Outcome outcome) {
          self->AfterFetch(outcome);
        });
    if (now) AfterFetch(*now);
  }

 private:
  void Ask(introspect::Introspector& introspector) {
    introspector.Ask(
        token, requirements.client_service, deadline,
        [self = shared_from_this()](const introspect::TimedAnswer& answer) {
          self->EvaluateAgain(&answer);
        });
  }

  void AfterFetch(jwks::Cache::Outcome outcome) {
    if (outcome != jwks::Cache::Outcome::kUndecided) {
      return EvaluateAgain(nullptr);
    }
    Finish(KeysUnavailable(*std::get<KeyNotInMemory>(missing).keys,
                           verifier.deps_.clock.Now()));
  }

  void EvaluateAgain(const introspect::TimedAnswer* answer) {
    Evaluation::Context context = verifier.ContextFor(requirements);
    context.after_fetch_at = resumed_at;
    context.answer = answer;
    auto outcome = Evaluation(context).Evaluate(token);
    if (auto* asks = std::get_if<AnswerNotInMemory>(&outcome)) {
      return Ask(*asks->introspector);
    }
    // What made an audience ambiguous has not changed.
    Finish(std::get<Verdict>(std::move(outcome)));
  }

  void Finish(Verdict verdict) {
    Decision decision{std::move(verdict), issuer_name, VerdictSource::kNetwork};
    verifier.Notify(decision, Since(began));
    done(std::move(decision));
  }
};

Pending::Pending(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pending::Pending(Pending&&) noexcept = default;
Pending& Pending::operator=(Pending&&) noexcept = default;
Pending::~Pending() = default;

const std::string& Pending::issuer_name() const { return state_->issuer_name; }

void Pending::Resume(absl::Time deadline,
                     absl::AnyInvocable<void(Decision)> done) && {
  const std::shared_ptr<State> state = std::move(state_);
  state->done = std::move(done);
  state->deadline = deadline;
  state->Begin();
}

Evaluation::Context Verifier::ContextFor(
    const Requirements& requirements) const {
  return {.issuers = *deps_.issuers,
          .requirements = requirements,
          .now = deps_.clock.Now(),
          .cache = &deps_.cache,
          .budget = deps_.budget};
}

void Verifier::Notify(const Decision& decision, absl::Duration took) const {
  const Verdict& verdict = decision.verdict;
  std::optional<Reason> reason;
  if (!verdict) reason = verdict.refusal().reason;
  deps_.observer.OnVerdict(decision.issuer_name, reason, decision.source,
                           verdict.ok() && verdict->stale_keys(), took);
}

Verifier::Outcome Verifier::Decide(std::string_view token,
                                   const Requirements& requirements) const {
  const auto began = Steady::now();
  Evaluation evaluation(ContextFor(requirements));
  auto outcome = evaluation.Evaluate(token);
  if (auto* verdict = std::get_if<Verdict>(&outcome)) {
    Outcome decided(std::in_place_type<Decision>, std::move(*verdict),
                    evaluation.issuer_name(), evaluation.source());
    Notify(std::get<Decision>(decided), Since(began));
    return decided;
  }
  if (auto* ambiguous = std::get_if<AmbiguousAudience>(&outcome)) {
    return std::move(*ambiguous);
  }
  std::variant<KeyNotInMemory, AnswerNotInMemory> missing;
  if (auto* key = std::get_if<KeyNotInMemory>(&outcome)) {
    missing = std::move(*key);
  } else {
    missing = std::get<AnswerNotInMemory>(std::move(outcome));
  }
  return Pending(std::make_unique<Pending::State>(*this, token, requirements,
                                                  evaluation.issuer_name(),
                                                  began, std::move(missing)));
}

std::variant<Verifier::Explained, AmbiguousAudience> Verifier::Explain(
    std::string_view token, const Requirements& requirements) const {
  Explanation explanation;
  Evaluation::Context context = ContextFor(requirements);
  context.cache = nullptr;
  context.budget = nullptr;
  context.explanation = &explanation;
  // Nothing is fetched, so an unknown key of a token that is newer than the
  // keys stays undecided: it may belong to a rotation just now.
  context.after_fetch_at = context.now;
  auto outcome = Evaluation(context).Evaluate(token);
  if (auto* verdict = std::get_if<Verdict>(&outcome)) {
    return Explained{std::move(*verdict), std::move(explanation).Take()};
  }
  return std::get<AmbiguousAudience>(std::move(outcome));
}

}  // namespace usher::verify
