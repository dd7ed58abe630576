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

struct Pending::State {
  const Verifier verifier;
  const std::string token;
  const Requirements requirements;
  const std::string issuer_name;
  const Steady::time_point began;
  const KeyNotInMemory missing;

  absl::AnyInvocable<void(Decision)> done = nullptr;
  absl::Time resumed_at = absl::InfinitePast();

  void Finish(jwks::Cache::Outcome outcome) {
    Decision decision{outcome == jwks::Cache::Outcome::kUndecided
                          ? Verdict(KeysUnavailable(*missing.keys, Now()))
                          : EvaluateAgain(),
                      issuer_name, VerdictSource::kNetwork};
    verifier.Notify(decision, Since(began));
    done(std::move(decision));
  }

 private:
  absl::Time Now() const { return verifier.deps_.clock.Now(); }

  Verdict EvaluateAgain() const {
    Evaluation::Context context = verifier.ContextFor(requirements);
    context.after_fetch_at = resumed_at;
    // After a fetch there is always a verdict, and what made an audience
    // ambiguous has not changed.
    return std::get<Verdict>(Evaluation(context).Evaluate(token));
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
  state->resumed_at = state->verifier.deps_.clock.Now();
  const auto now = state->missing.keys->AwaitKey(
      state->missing.missing, deadline,
      [state](jwks::Cache::Outcome outcome) { state->Finish(outcome); });
  if (now) state->Finish(*now);
}

Evaluation::Context Verifier::ContextFor(
    const Requirements& requirements) const {
  return {.issuers = *deps_.issuers,
          .requirements = requirements,
          .now = deps_.clock.Now(),
          .cache = &deps_.cache,
          .budget = deps_.budget,
          .revoked = deps_.revoked};
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
  if (auto* missing = std::get_if<KeyNotInMemory>(&outcome)) {
    return Pending(std::unique_ptr<Pending::State>(new Pending::State{
        *this, std::string(token), requirements,
        std::string(evaluation.issuer_name()), began, std::move(*missing)}));
  }
  return std::get<AmbiguousAudience>(std::move(outcome));
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
