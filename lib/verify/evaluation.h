// One evaluation of one token, from memory: the path from bytes to verdict.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "lib/introspect/introspector.h"
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
  jwks::MissingKey missing;
};

// The token's issuer must be asked about it.
struct AnswerNotInMemory {
  std::shared_ptr<introspect::Introspector> introspector;
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

// Undecided: a fetch of `keys` has failed, is still running, or is not due yet.
// Says which, and when to try again.
base::Refusal KeysUnavailable(const jwks::Cache& keys, absl::Time now);
// The same where there is no cache yet.
base::Refusal KeysUnavailable();

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
    // What the issuer has just answered about this token; null before that.
    const introspect::TimedAnswer* answer = nullptr;
  };
  explicit Evaluation(const Context& context) : context_(context) {}

  using Outcome = std::variant<Verdict, KeyNotInMemory, AnswerNotInMemory,
                               AmbiguousAudience>;
  // Call once. After a fetch there is no KeyNotInMemory, and with an answer no
  // AnswerNotInMemory.
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
    bool reusable;  // a client service may reuse the answer
    // For so long the issuer's answer about the token may be used.
    absl::Time answered_until = absl::InfiniteFuture();
  };

  Signed SignedBy(const jwks::KeySnapshot& served,
                  std::shared_ptr<const SignedClaims> claims) const;
  std::optional<Signed> FindCached(std::string_view token);
  void FindIssuer(std::optional<std::string_view> iss);
  // Whether the request accepts `issuer` for a token that names it `iss`.
  bool IsWanted(const issuer::Issuer& issuer, std::string_view iss) const;
  // The keys for a token that names `issuer` by `iss`; null: there are none, or
  // those of a tenant are not in memory. Valid as long as this object.
  jwks::Cache* KeysOf(const issuer::Issuer& issuer, std::string_view iss);
  // Begins to fetch the keys of the token's tenant if the token is worth it and
  // the budget for tenants allows it: then keys_ is not null.
  void AddTenant(const jose::Jws& jws);
  bool IsAudienceAmbiguous() const;
  CheckResult CheckHeader(const jose::Jws& jws);
  CheckResult CheckIssuer(const jose::Jws& jws) const;
  Outcome EvaluateSignature(std::string_view token, const jose::Jws& jws);
  // The checks that follow a valid signature.
  Outcome EvaluateClaims(std::string_view token, Signed signed_claims);
  bool MustAskIssuer() const;
  // A token that is no JWT: only its issuer can tell.
  Outcome EvaluateOpaque(std::string_view token);
  CheckResult CheckOpaqueForm(std::string_view token);
  CheckResult FindOpaqueIssuer(std::string_view token);
  // Absent: the issuer must be asked.
  std::optional<introspect::TimedAnswer> FindAnswer(std::string_view token);
  Outcome WithoutAnswer();
  // The issuer's answer about a token whose signature was valid. Claims that it
  // repeats must not be worse than the token's.
  CheckResult CheckAnswer(const token::Claims& token,
                          const introspect::Answer& answer);
  base::Result<token::Claims> ReadClaims(json::Value payload,
                                         std::string_view text) const;
  base::Result<std::shared_ptr<const SignedClaims>> Open(
      const jose::Jws& jws, const jwks::KeySnapshot& served);
  CheckResult CheckBudget(const SignatureBudget::Use& use) const;
  // `refusal` is the answer if the provider has no other key. `any_keys`: it
  // was found by looking at keys that may be used.
  Outcome WithoutKey(const jose::Jws& jws, base::Refusal refusal,
                     bool any_keys);
  bool IsWorthAFetch(const jose::Jws& jws);
  enum class ClaimsAre {
    kUnverified,
    kSigned,
    kAnswered,  // an introspection answer, which is all there is
    kRepeated,  // one that repeats signed claims
  };
  // The checks of claims from `first` to `last`.
  CheckResult CheckClaims(const token::Claims& claims, ClaimsAre claims_are,
                          CheckId first = CheckId::kTime,
                          CheckId last = CheckId::kScope);
  bool Accepts(std::string_view audience) const;
  VerifiedToken Verified(Signed signed_claims) const;

  // Add the check to the explanation, and return its result.
  CheckResult Note(CheckId id, CheckResult result,
                   std::string_view when_passed);
  base::Refusal&& Fail(CheckId id, base::Refusal&& refusal);

  const Context context_;
  // The configured issuer that the token names, and the same where the request
  // accepts it: its rules apply.
  const issuer::Issuer* named_ = nullptr;
  const issuer::Issuer* issuer_ = nullptr;
  // Those of issuer_, or of the tenant that the token names; tenant_keys_ holds
  // the latter.
  jwks::Cache* keys_ = nullptr;
  std::shared_ptr<jwks::Cache> tenant_keys_;
  VerdictSource source_ = VerdictSource::kLocal;
  // The issuer publishes the token's key, but it cannot be used.
  bool is_key_unusable_ = false;
};

}  // namespace usher::verify
