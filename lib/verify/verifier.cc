#include "lib/verify/verifier.h"

#include <memory>
#include <utility>
#include <variant>

#include "lib/verify/evaluation.h"

namespace usher::verify {
namespace {

using Steady = std::chrono::steady_clock;

base::Refusal KeysUnavailable() {
  return {Reason::kKeysUnavailable, "the issuer's keys cannot be had just now",
          "", absl::Seconds(1)};
}

// The configured issuer that `token` says it is from, or null.
const issuer::Issuer* IssuerOf(std::string_view token,
                               const issuer::Registry& issuers) {
  const auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  const auto iss = jws ? jws->UnverifiedIssuer() : std::nullopt;
  return iss ? issuers.Find(*iss) : nullptr;
}

}  // namespace

void Verifier::Tell(const Verdict& verdict, std::string_view issuer_name,
                    Path path, Steady::time_point began) const {
  std::optional<Reason> reason;
  if (!verdict) reason = verdict.refusal().reason;
  parts_.observer.OnVerdict(issuer_name, reason, path,
                            verdict.ok() && verdict->stale_keys(),
                            absl::FromChrono(Steady::now() - began));
}

std::optional<Verdict> Verifier::Decide(
    std::string_view token, const Requirements& requirements) const {
  const auto began = Steady::now();
  Evaluation judgement({.issuers = *parts_.issuers,
                        .requirements = requirements,
                        .now = parts_.clock.Now(),
                        .cache = &parts_.cache});
  auto outcome = judgement.Judge(token);
  Verdict* verdict = std::get_if<Verdict>(&outcome);
  if (!verdict) return std::nullopt;
  Tell(*verdict, judgement.issuer_name(), judgement.path(), began);
  return std::move(*verdict);
}

// A request that asked the network: everything it needs to look once more.
class Verifier::Waiting {
 public:
  Waiting(const Verifier& verifier, std::string token,
          Requirements requirements, std::function<void(Verdict)> done,
          std::string issuer_name, Steady::time_point began)
      : verifier_(verifier),
        token_(std::move(token)),
        requirements_(std::move(requirements)),
        done_(std::move(done)),
        issuer_name_(std::move(issuer_name)),
        began_(began) {}

  void Finish(jwks::Cache::Outcome outcome) {
    Verdict verdict = outcome == jwks::Cache::Outcome::kUndecided
                          ? Verdict(KeysUnavailable())
                          : LookAgain();
    verifier_.Tell(verdict, issuer_name_, Path::kNetwork, began_);
    done_(std::move(verdict));
  }

 private:
  Verdict LookAgain() {
    Evaluation judgement({.issuers = *verifier_.parts_.issuers,
                          .requirements = requirements_,
                          .now = verifier_.parts_.clock.Now(),
                          .cache = &verifier_.parts_.cache,
                          .last_look = true,
                          .asked_at = asked_at_});
    auto outcome = judgement.Judge(token_);
    return std::get<Verdict>(std::move(outcome));
  }

  const Verifier verifier_;
  const std::string token_;
  const Requirements requirements_;
  const std::function<void(Verdict)> done_;
  const std::string issuer_name_;
  const Steady::time_point began_;
  const absl::Time asked_at_ = verifier_.parts_.clock.Now();
};

void Verifier::Verify(std::string token, Requirements requirements,
                      absl::Time deadline,
                      std::function<void(Verdict)> done) const {
  const auto began = Steady::now();
  Evaluation::Outcome outcome = Verdict(KeysUnavailable());
  std::string issuer_name;
  {
    Evaluation judgement({.issuers = *parts_.issuers,
                          .requirements = requirements,
                          .now = parts_.clock.Now(),
                          .cache = &parts_.cache});
    outcome = judgement.Judge(token);
    if (const auto* verdict = std::get_if<Verdict>(&outcome)) {
      Tell(*verdict, judgement.issuer_name(), judgement.path(), began);
    } else {
      issuer_name = judgement.issuer_name();
    }
  }
  if (auto* verdict = std::get_if<Verdict>(&outcome)) {
    return done(std::move(*verdict));
  }
  Wait wait = std::get<Wait>(std::move(outcome));
  auto waiting = std::make_shared<Waiting>(
      *this, std::move(token), std::move(requirements), std::move(done),
      std::move(issuer_name), began);
  const auto now = wait.keys->AwaitKey(
      wait.unverified_issued_at, deadline,
      [waiting](jwks::Cache::Outcome how) { waiting->Finish(how); });
  if (now) waiting->Finish(*now);
}

std::optional<std::string> Verifier::FaultIn(
    std::string_view token, const Requirements& requirements) const {
  if (!requirements.audiences.empty() || requirements.caller_audiences) {
    return std::nullopt;
  }
  const issuer::Issuer* issuer = IssuerOf(token, *parts_.issuers);
  if (!issuer || issuer->config().audiences.size() == 1) return std::nullopt;
  return "name an audience: the token's issuer has several, and a token for "
         "one service must not pass at another";
}

std::string Verifier::IssuerNameOf(std::string_view token) const {
  const issuer::Issuer* issuer = IssuerOf(token, *parts_.issuers);
  return issuer ? issuer->config().name : "";
}

Verifier::Explained Verifier::Explain(std::string_view token,
                                      const Requirements& requirements) const {
  Explanation explanation;
  const absl::Time now = parts_.clock.Now();
  // Nothing is asked, so an unknown key of a token that is newer than the keys
  // stays undecided: it may be of a rotation just now.
  Evaluation judgement({.issuers = *parts_.issuers,
                        .requirements = requirements,
                        .now = now,
                        .explanation = &explanation,
                        .last_look = true,
                        .asked_at = now});
  auto outcome = judgement.Judge(token);
  return {std::get<Verdict>(std::move(outcome)), std::move(explanation).Take()};
}

}  // namespace usher::verify
