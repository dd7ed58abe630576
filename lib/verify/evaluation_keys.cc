// The part of an Evaluation that concerns keys: selecting one, opening the
// token with it, and what to answer when there is none.
#include <utility>

#include "lib/base/strings.h"
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

}  // namespace

Refusal KeysUnavailable() {
  return {Reason::kKeysUnavailable, "the issuer's keys are not available now",
          "", kRetryAfter};
}

Refusal KeyNotFound() {
  return {Reason::kKeyNotFound, "the issuer has no key with the token's kid"};
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
  Refusal refusal{Reason::kSignatureInvalid, "the signature is not valid"};
  for (size_t i = 0; i < selection.count; ++i) {
    auto payload = jws.Verify(*selection.keys[i], config.algorithms);
    if (!payload) {
      refusal = std::move(payload).refusal();
      continue;
    }
    Note(CheckId::kSignature, {}, jose::InfoOf(payload->alg()).name);
    auto claims = ReadClaims(payload->claims(), payload->text());
    if (!claims) return Fail(CheckId::kClaims, std::move(claims).refusal());
    Note(CheckId::kClaims, {}, "each of its registered type");
    auto signed_claims = std::make_shared<SignedClaims>();
    signed_claims->claims = *std::move(claims);
    signed_claims->issuer_name = config.name;
    signed_claims->issuer_serial = issuer_->serial();
    signed_claims->read_as = context_.requirements.kind;
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
    const jwks::Cache& keys = *keys_;
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
    return KeyNotInMemory{keys_->shared_from_this(), issued_at};
  }
  return Fail(CheckId::kKey,
              any_keys && not_found ? KeyNotFound() : KeysUnavailable());
}

bool Evaluation::IsWorthAFetch(const jose::Jws& jws) {
  const auto claims = ReadClaims(jws.UnverifiedClaims(), jws.unverified_text());
  return claims && !CheckClaims(*claims, ClaimsAre::kUnverified);
}

// A tenant's own claim must agree with its issuer: with shared keys the issuer
// alone would let one tenant's token pass as another's.
base::Result<token::Claims> Evaluation::ReadClaims(
    json::Value payload, std::string_view text) const {
  const issuer::Config& config = issuer_->config();
  auto claims = token::ReadClaims(payload, text, config.policy,
                                  context_.requirements.kind);
  if (!claims || !config.tenants || !config.tenants->claim) return claims;
  const std::string& name = *config.tenants->claim;
  const auto value = payload.Find(name);
  const auto tenant = issuer_->TenantOf(claims->issuer);
  if (tenant && value && value->String() == tenant) return claims;
  claims->rejected.fill(std::make_shared<const Refusal>(
      Refusal{Reason::kClaimRejected,
              base::StrCat("the claim ", name, " is not the issuer's tenant"),
              name}));
  return claims;
}

void Evaluation::AddTenant(const jose::Jws& jws) {
  // Explain() and a token whose fetch has ended begin no fetch.
  if (context_.after_fetch_at || !IsWorthAFetch(jws)) return;
  const auto tenant = issuer_->TenantOf(*jws.UnverifiedIssuer());
  tenant_keys_ = issuer_->tenants()->FindOrAdd(*tenant);
  keys_ = tenant_keys_.get();
}

}  // namespace usher::verify
