// Verifies tokens: the whole path from bytes to verdict.
//
//   form -> critical headers -> type -> algorithm -> issuer -> key -> signature
//        -> claims -> time -> audience -> kind -> rules -> binding
//        -> introspection -> scope
//
// A token that is no JWT is opaque. It goes to one issuer, whose answer stands
// in the place of the signed claims:
//
//   form -> issuer -> introspection -> claims -> ... -> binding -> scope
//
// The order is fixed. A token with several faults gets the Reason of the first.
//
//   auto outcome = verifier.Decide(token, requirements);
//   if (auto* pending = std::get_if<Pending>(&outcome)) {
//     std::move(*pending).Resume(deadline, [](Decision decision) { ... });
//   }
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/issuer/registry.h"
#include "lib/verify/evaluation.h"
#include "lib/verify/explanation.h"
#include "lib/verify/observer.h"
#include "lib/verify/requirements.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// How a verification ended.
struct Decision {
  // So that an Outcome can create it in place.
  Decision(Verdict&& verdict_of, std::string_view issuer, VerdictSource from)
      : verdict(std::move(verdict_of)), issuer_name(issuer), source(from) {}

  Verdict verdict;
  // The operator's name for the configured issuer that the token names in iss;
  // "" where there is none. Unverified where the verdict is a refusal.
  std::string issuer_name;
  VerdictSource source;
};

// A verification that only a fetch of keys, or an answer of the token's issuer,
// can decide. It holds copies of the
// token and the requirements, and keeps the registry it began with. Dropped
// without Resume(), it has no further effect: no fetch begins, no issuer is
// asked, and no callback is called.
class [[nodiscard]] Pending {
 public:
  Pending(Pending&&) noexcept;
  Pending& operator=(Pending&&) noexcept;
  ~Pending();

  // As Decision::issuer_name.
  const std::string& issuer_name() const;

  // Joins the issuer's fetch or question about the token, or begins one, and
  // evaluates the token once more when it has ended; a token that needed keys
  // can need the issuer's answer then. Does not block. Calls `done` exactly
  // once: inline where no wait is needed any more, else on the engine's
  // executor, at the latest at `deadline`. A fetch is waited for no longer than
  // the issuer's unknown_kid_wait.
  void Resume(absl::Time deadline, absl::AnyInvocable<void(Decision)> done) &&;

 private:
  friend class Verifier;
  struct State;
  explicit Pending(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;  // null once moved from or resumed
};

// Verifies by one registry, from the beginning of a request to its end, even
// when the configuration changes meanwhile. Cheap to copy. Thread-safe.
class Verifier {
 public:
  // Everything referred to must outlive the Verifier, its copies and every
  // Pending.
  struct Deps {
    std::shared_ptr<const issuer::Registry> issuers;  // not null
    const base::Clock& clock;
    Observer& observer;
    TokenCache& cache;
    SignatureBudget* budget = nullptr;  // null: none
  };
  explicit Verifier(Deps deps) : deps_(std::move(deps)) {}

  // Decides from memory, or says what is missing. Never waits, and takes no
  // lock but those of one token cache shard and, for a token that is not
  // cached, of the budget, or of its issuer's key cache where its key is not in
  // memory.
  using Outcome = std::variant<Decision, Pending, AmbiguousAudience>;
  Outcome Decide(std::string_view token,
                 const Requirements& requirements) const;

  // As Decide(), listing every check. Reads no cache but the keys and the
  // answers of issuers, fetches and asks nothing, and counts in no metric. For
  // operators only: an oracle.
  struct Explained {
    Verdict verdict;
    std::vector<Check> checks;
  };
  std::variant<Explained, AmbiguousAudience> Explain(
      std::string_view token, const Requirements& requirements) const;

  const std::shared_ptr<const issuer::Registry>& issuers() const {
    return deps_.issuers;
  }

 private:
  friend class Pending;
  Evaluation::Context ContextFor(const Requirements& requirements) const;
  void Notify(const Decision& decision, absl::Duration took) const;

  Deps deps_;
};

}  // namespace usher::verify
