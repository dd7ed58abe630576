// One evaluation of one token, from memory: the path from bytes to verdict.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "lib/issuer/registry.h"
#include "lib/jose/jws.h"
#include "lib/verify/explanation.h"
#include "lib/verify/observer.h"
#include "lib/verify/requirements.h"
#include "lib/verify/signature_budget.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verified_token.h"

namespace usher::verify {

// The token's key is not in memory, and a fetch might bring it.
struct KeyNotInMemory {
  std::shared_ptr<jwks::Cache> keys;
  // Unverified: it may withhold a KEY_NOT_FOUND, and nothing more.
  std::optional<absl::Time> unverified_issued_at;
};

// The request is wrong, whatever the token: the token's issuer has several
// audiences and the request names none, nor is the client service limited to
// some. A token for one service must not pass at another.
struct AmbiguousAudience {
  // For the developer of the asking service.
  static constexpr std::string_view kMessage =
      "name an audience: the token's issuer has several, and a token for one "
      "service must not pass at another";
  std::string issuer_name;  // the operator's
};

// Undecided: a fetch has failed, is still running, or is not due yet.
base::Refusal KeysUnavailable();
// Denied: the provider has no key that the token names.
base::Refusal KeyNotFound();

// Lives on the stack for one evaluation; borrows everything it is given.
class Evaluation {
 public:
  struct Context {
    const issuer::Registry& issuers;
    const Requirements& requirements;
    absl::Time now;
    TokenCache* cache = nullptr;         // null: neither read nor filled
    SignatureBudget* budget = nullptr;   // null: checks are not bounded
    Explanation* explanation = nullptr;  // null: not wanted
    // When this token asked for a fetch, which has ended; absent before that.
    // Present: the evaluation ends in a verdict. A token issued later than the
    // fetch began may belong to a rotation that the fetch just missed.
    std::optional<absl::Time> after_fetch_at = {};
  };
  explicit Evaluation(const Context& context) : context_(context) {}

  using Outcome = std::variant<Verdict, KeyNotInMemory, AmbiguousAudience>;
  // Call once.
  Outcome Evaluate(std::string_view token);

  // The operator's name for the configured issuer that the token names in iss;
  // "" where there is none.
  std::string_view issuer_name() const {
    return named_ ? std::string_view(named_->config().name) : "";
  }
  VerdictSource source() const { return source_; }

 private:
  // Absent: the check passed.
  using CheckResult = std::optional<base::Refusal>;
  struct Signed {
    std::shared_ptr<const SignedClaims> claims;
    bool stale_keys;
  };

  std::optional<Signed> FindCached(std::string_view token);
  void FindIssuer(std::optional<std::string_view> iss);
  bool IsAudienceAmbiguous() const;
  CheckResult CheckHeader(const jose::Jws& jws);
  CheckResult CheckIssuer(const jose::Jws& jws) const;
  Outcome EvaluateSignature(std::string_view token, const jose::Jws& jws);
  base::Result<std::shared_ptr<const SignedClaims>> Open(
      const jose::Jws& jws, const jwks::KeySnapshot& served);
  CheckResult CheckBudget(const SignatureBudget::Use& use) const;
  Outcome WithoutKey(const jose::Jws& jws, bool any_keys);
  bool IsWorthAFetch(const jose::Jws& jws);
  enum class ClaimsAre { kSigned, kUnverified };
  CheckResult CheckClaims(const token::Claims& claims, ClaimsAre claims_are);
  bool Accepts(std::string_view audience) const;
  VerifiedToken Verified(Signed signed_claims) const;

  // Adds the check to the explanation, and returns its result.
  CheckResult Note(CheckId id, CheckResult result,
                   std::string_view when_passed);
  base::Refusal Fail(CheckId id, base::Refusal refusal);

  const Context context_;
  // The configured issuer that the token names, and the same where the request
  // accepts it: its rules apply.
  const issuer::Issuer* named_ = nullptr;
  const issuer::Issuer* issuer_ = nullptr;
  VerdictSource source_ = VerdictSource::kLocal;
};

}  // namespace usher::verify
