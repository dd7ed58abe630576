// The part of a Evaluation that has to do with keys: choosing one, opening the
// token with it, and what to say when there is none.
#include <utility>

#include "lib/token/claim_checks.h"
#include "lib/verify/evaluation.h"
#include "lib/verify/key_selection.h"

namespace usher::verify {
namespace {

using base::Refusal;

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

Refusal KeysUnavailable() {
  return {Reason::kKeysUnavailable, "the issuer's keys cannot be had just now",
          "", kRetryAfter};
}

Refusal KeyNotFound() {
  return {Reason::kKeyNotFound, "the issuer has no key of the token's kid"};
}

// What each reason not to try any key means, in words.
Refusal NoKeyFits(Reason reason) {
  if (reason == Reason::kKeyMismatch) {
    return {reason, "the key of the token's kid may not do its algorithm"};
  }
  return {reason, "more than four keys could have signed the token"};
}

}  // namespace

base::Result<std::shared_ptr<const SignedClaims>> Evaluation::Open(
    const jose::Jws& jws, const jwks::KeySnapshot& served) {
  const issuer::Config& config = issuer_->config();
  const KeySelection choice = SelectKeys(jws, config.algorithms, served.keys);
  if (choice.none) {
    if (*choice.none == Reason::kKeyNotFound) return KeyNotFound();
    return Fail(CheckId::kKey, NoKeyFits(*choice.none));
  }
  Note(CheckId::kKey, {}, "found among the issuer's keys");
  Refusal refusal{Reason::kSignatureInvalid, "the signature does not hold"};
  for (size_t i = 0; i < choice.count; ++i) {
    auto payload = jws.Open(*choice.keys[i], config.algorithms);
    if (!payload) {
      refusal = std::move(payload).refusal();
      continue;
    }
    Note(CheckId::kSignature, {}, jose::RowOf(payload->alg()).name);
    auto claims = token::ReadClaims(payload->claims(), payload->text(),
                                    config.policy.audience_claim);
    if (!claims) return Fail(CheckId::kClaims, std::move(claims).refusal());
    Note(CheckId::kClaims, {}, "each of its registered type");
    auto believed = std::make_shared<SignedClaims>();
    believed->claims = *std::move(claims);
    believed->issuer_name = config.name;
    believed->issuer_fingerprint = issuer_->fingerprint();
    if (jws.typ()) believed->type = std::string(*jws.typ());
    believed->key_id = payload->key().kid();
    believed->key_thumbprint = payload->key().thumbprint();
    believed->algorithm = payload->alg();
    return std::shared_ptr<const SignedClaims>(std::move(believed));
  }
  return Fail(CheckId::kSignature, std::move(refusal));
}

// No served key can open the token. Whether to ask the provider for newer ones
// is jwks::Cache's rule; that a token which would fail anyway is not worth
// asking for is ours. The unverified claims choose no Reason.
Evaluation::Outcome Evaluation::WithoutKey(const jose::Jws& jws,
                                           bool any_keys) {
  using WaitOutcome = jwks::Cache::Outcome;
  // Nothing: only waiting would tell.
  std::optional<WaitOutcome> outcome = WaitOutcome::kNotFound;
  std::optional<absl::Time> issued_at;
  const bool may_be_new = !context_.last_look || context_.asked_at.has_value();
  if (may_be_new && IsWorthAFetch(jws)) {
    if (const auto iat = jws.UnverifiedClaims().Find("iat")) {
      if (const auto seconds = iat->Number()) {
        issued_at = absl::UnixEpoch() + absl::Seconds(*seconds);
      }
    }
    outcome = issuer_->keys().OutcomeNow(issued_at, context_.asked_at);
  }
  const bool not_found = outcome == WaitOutcome::kNotFound;
  // One wait is enough: whoever retries joins the next fetch.
  if (!context_.last_look && !not_found && outcome != WaitOutcome::kUndecided) {
    return Wait{issuer_->keys().shared_from_this(), issued_at};
  }
  return Fail(CheckId::kKey,
              any_keys && not_found ? KeyNotFound() : KeysUnavailable());
}

bool Evaluation::IsWorthAFetch(const jose::Jws& jws) const {
  const token::Policy& policy = issuer_->config().policy;
  const auto claims =
      token::ReadClaims(jws.UnverifiedClaims(), "", policy.audience_claim);
  return claims && !token::CheckTime(*claims, policy, context_.now) &&
         !token::CheckAudience(
             *claims, policy,
             [this](std::string_view audience) { return Accepts(audience); }) &&
         !token::CheckKind(*claims, context_.requirements.kind) &&
         !token::CheckBinding(*claims, policy);
}

}  // namespace usher::verify
