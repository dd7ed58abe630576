// The part of an Evaluation that concerns keys: selecting one, opening the
// token with it, and what to answer when there is none.
#include <time.h>

#include <utility>

#include "lib/token/claim_checks.h"
#include "lib/verify/evaluation.h"
#include "lib/verify/key_selection.h"

namespace usher::verify {
namespace {

using base::Refusal;

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// The message of each reason not to try any key.
Refusal NoKeyFits(Reason reason) {
  if (reason == Reason::kKeyMismatch) {
    return {reason, "the key with the token's kid does not do its algorithm"};
  }
  return {reason, "more than four keys could have signed the token"};
}

// What the calling thread has used. Waiting for a processor is not part of it.
absl::Duration ProcessorTime() {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

}  // namespace

Refusal KeysUnavailable() {
  return {Reason::kKeysUnavailable, "the issuer's keys are not available now",
          "", kRetryAfter};
}

Refusal KeyNotFound() {
  return {Reason::kKeyNotFound, "the issuer has no key with the token's kid"};
}

Evaluation::CheckResult Evaluation::CheckBudget(
    const SignatureBudget::Use& use) const {
  if (!context_.budget) return {};
  const auto exceeded = context_.budget->FindExceeded(use, context_.now);
  if (!exceeded) return {};
  return Refusal{Reason::kOverloaded,
                 *exceeded == SignatureBudget::Bound::kIssuer
                     ? "too many new tokens of this issuer are being verified"
                     : "too many new tokens from this client service are being "
                       "verified",
                 "", kRetryAfter};
}

base::Result<std::shared_ptr<const SignedClaims>> Evaluation::Open(
    const jose::Jws& jws, const jwks::KeySnapshot& served) {
  const issuer::Config& config = issuer_->config();
  const KeySelection selection =
      SelectKeys(jws, config.algorithms, served.keys);
  if (selection.none) {
    if (*selection.none == Reason::kKeyNotFound) return KeyNotFound();
    return Fail(CheckId::kKey, NoKeyFits(*selection.none));
  }
  Note(CheckId::kKey, {}, "found among the issuer's keys");
  const SignatureBudget::Use use{context_.requirements.client_service,
                                 config.name};
  if (auto overloaded = CheckBudget(use)) {
    return Fail(CheckId::kSignature, *std::move(overloaded));
  }
  Refusal refusal{Reason::kSignatureInvalid, "the signature is not valid"};
  for (size_t i = 0; i < selection.count; ++i) {
    const absl::Duration before =
        context_.budget ? ProcessorTime() : absl::ZeroDuration();
    auto payload = jws.Verify(*selection.keys[i], config.algorithms);
    if (context_.budget) {
      using Signature = SignatureBudget::Signature;
      context_.budget->Charge(use,
                              payload ? Signature::kValid : Signature::kInvalid,
                              ProcessorTime() - before, context_.now);
    }
    if (!payload) {
      refusal = std::move(payload).refusal();
      continue;
    }
    Note(CheckId::kSignature, {}, jose::InfoOf(payload->alg()).name);
    auto claims = token::ReadClaims(payload->claims(), payload->text(),
                                    config.policy.audience_claim);
    if (!claims) return Fail(CheckId::kClaims, std::move(claims).refusal());
    Note(CheckId::kClaims, {}, "each of its registered type");
    auto signed_claims = std::make_shared<SignedClaims>();
    signed_claims->claims = *std::move(claims);
    signed_claims->issuer_name = config.name;
    signed_claims->issuer_serial = issuer_->serial();
    if (jws.typ()) signed_claims->type = std::string(*jws.typ());
    signed_claims->key_id = payload->key().kid();
    signed_claims->key_thumbprint = payload->key().thumbprint();
    signed_claims->algorithm = payload->alg();
    return std::shared_ptr<const SignedClaims>(std::move(signed_claims));
  }
  return Fail(CheckId::kSignature, std::move(refusal));
}

// No served key can open the token. jwks::Cache decides whether to ask the
// provider for newer ones; a token that would fail anyway is not worth that.
// The unverified claims choose no Reason.
Evaluation::Outcome Evaluation::WithoutKey(const jose::Jws& jws,
                                           bool any_keys) {
  using KeyOutcome = jwks::Cache::Outcome;
  // Absent: only a fetch can tell.
  std::optional<KeyOutcome> outcome = KeyOutcome::kNotFound;
  std::optional<absl::Time> issued_at;
  if (IsWorthAFetch(jws)) {
    if (const auto iat = jws.UnverifiedClaims().Find("iat")) {
      if (const auto seconds = iat->Number()) {
        issued_at = absl::UnixEpoch() + absl::Seconds(*seconds);
      }
    }
    const jwks::Cache& keys = *issuer_->keys();
    if (context_.after_fetch_at.has_value()) {
      outcome = keys.OutcomeAfterFetch(issued_at, *context_.after_fetch_at);
    } else {
      outcome = keys.OutcomeNow(issued_at);
    }
  }
  const bool not_found = outcome == KeyOutcome::kNotFound;
  // One fetch per request: a client that retries joins the next one.
  if (!context_.after_fetch_at && !not_found &&
      outcome != KeyOutcome::kUndecided) {
    return KeyNotInMemory{issuer_->keys()->shared_from_this(), issued_at};
  }
  return Fail(CheckId::kKey,
              any_keys && not_found ? KeyNotFound() : KeysUnavailable());
}

bool Evaluation::IsWorthAFetch(const jose::Jws& jws) {
  const auto claims = token::ReadClaims(
      jws.UnverifiedClaims(), "", issuer_->config().policy.audience_claim);
  return claims && !CheckClaims(*claims, ClaimsAre::kUnverified);
}

}  // namespace usher::verify
