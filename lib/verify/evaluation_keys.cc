// The part of an Evaluation that concerns keys: selecting one, opening the
// token with it, and what to answer when there is none.
#include <time.h>

#include <utility>

#include "lib/base/text/strings.h"
#include "lib/jwks/issuer_template.h"
#include "lib/token/claim_checks.h"
#include "lib/verify/evaluation.h"
#include "lib/verify/key_selection.h"

namespace usher::verify {
namespace {

using base::Refusal;
using base::StrCat;

constexpr std::string_view kNotAvailable =
    "the issuer's keys are not available now";

// The reasons that a key which the provider has published meanwhile would cure.
bool MayHaveAnotherKey(Reason reason) {
  return reason == Reason::kKeyNotFound || reason == Reason::kKeyMismatch ||
         reason == Reason::kSignatureInvalid;
}

Refusal KeyNotFound() {
  return {Reason::kKeyNotFound, "the issuer has no key with the token's kid"};
}

Refusal Mismatch(std::optional<std::string_view> unusable) {
  return {Reason::kKeyMismatch,
          unusable
              ? StrCat("the issuer publishes the key with the token's kid, "
                       "but it cannot be used: ",
                       *unusable)
              : "the key with the token's kid does not do its algorithm"};
}

Refusal Ambiguous(const jose::Jws& jws) {
  return {Reason::kKeyAmbiguous,
          jws.kid() ? StrCat("more than ", kMaxKeysTriedWithoutKids,
                             " keys could have signed the token, and none of "
                             "the issuer's keys has a kid")
                    : "the token has no kid, and too many keys could have "
                      "signed it"};
}

// What the calling thread has used. Waiting for a processor is not part of it.
absl::Duration ProcessorTime() {
  timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

}  // namespace

Refusal KeysUnavailable() {
  return {Reason::kKeysUnavailable, std::string(kNotAvailable), "",
          absl::Seconds(1)};
}

Refusal KeysUnavailable(const jwks::Cache& keys, absl::Time now) {
  const jwks::Cache::Delay delay = keys.DelayNow();
  const auto served = keys.Keys();
  std::string_view why = "the token may need a key that is being fetched";
  if (!served->UsableAt(now)) {
    why = kNotAvailable;
  } else if (delay.provider_fails) {
    why = "the token may need a key that cannot be fetched now";
  }
  return {Reason::kKeysUnavailable, std::string(why), "", delay.retry_after};
}

Evaluation::Outcome Evaluation::EvaluateSignature(std::string_view token,
                                                  const jose::Jws& jws) {
  keys_ = KeysOf(*issuer_, *jws.UnverifiedIssuer());
  if (!keys_ && issuer_->tenants()) {
    AddTenant(jws);
    if (!keys_) return Fail(CheckId::kKey, KeysUnavailable());
  }
  if (!keys_) return Fail(CheckId::kKey, KeyNotFound());
  Signed signed_claims;
  // Keys that arrive between the look at the keys and the question whether the
  // provider has others have not been looked at: once more, then.
  for (int looks = 0;; ++looks) {
    const auto served = keys_->Keys();
    const bool usable = served->UsableAt(context_.now);
    auto opened = usable ? Open(jws, *served) : KeyNotFound();
    if (opened) {
      signed_claims = SignedBy(*served, *std::move(opened));
      break;
    }
    if (!MayHaveAnotherKey(opened.refusal().reason)) {
      return std::move(opened).refusal();
    }
    auto outcome = WithoutKey(jws, std::move(opened).refusal(), usable);
    const auto now = keys_->Keys();
    if (now->generation == served->generation || looks == 3) return outcome;
  }
  return EvaluateClaims(token, std::move(signed_claims));
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
                 "", absl::Seconds(1)};
}

base::Result<std::shared_ptr<const SignedClaims>> Evaluation::Open(
    const jose::Jws& jws, const jwks::KeySnapshot& served) {
  const issuer::Config& config = issuer_->config();
  const KeySelection selection =
      SelectKeys(jws, config.algorithms, served.keys);
  is_key_unusable_ = selection.unusable.has_value();
  if (selection.none == Reason::kKeyNotFound) return KeyNotFound();
  if (selection.none == Reason::kKeyMismatch) {
    return Mismatch(selection.unusable);
  }
  if (selection.none) return Fail(CheckId::kKey, Ambiguous(jws));
  Note(CheckId::kKey, {}, "found among the issuer's keys");
  const SignatureBudget::Use use{context_.requirements.client_service,
                                 config.name};
  if (auto overloaded = CheckBudget(use)) {
    return Fail(CheckId::kSignature, *std::move(overloaded));
  }
  Refusal refusal{Reason::kSignatureInvalid, "the signature is not valid"};
  for (size_t i = 0; i < selection.count; ++i) {
    const std::string* const key_issuer = selection.keys[i]->issuer();
    if (key_issuer &&
        !jwks::MeansIssuer(*key_issuer, *jws.UnverifiedIssuer())) {
      refusal = {Reason::kKeyMismatch,
                 "the key is for another of the provider's issuers"};
      continue;
    }
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
    if (!MustAskIssuer()) Note(CheckId::kIntrospection, {}, "not required");
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
  return refusal;
}

// No served key opens the token. jwks::Cache decides whether to ask the
// provider for newer ones; a token that would fail anyway is not worth that,
// and nor is one whose key is known to be unusable. The unverified claims
// choose no Reason.
Evaluation::Outcome Evaluation::WithoutKey(const jose::Jws& jws,
                                           base::Refusal refusal,
                                           bool any_keys) {
  using KeyOutcome = jwks::Cache::Outcome;
  jwks::Cache& keys = *keys_;
  const bool unknown = refusal.reason == Reason::kKeyNotFound;
  const CheckId check = refusal.reason == Reason::kSignatureInvalid
                            ? CheckId::kSignature
                            : CheckId::kKey;
  // Absent: only a fetch can tell.
  std::optional<KeyOutcome> outcome = KeyOutcome::kNotFound;
  jwks::MissingKey missing{unknown ? jwks::Trigger::kUnknownKid
                                   : jwks::Trigger::kFailedSignature};
  // An explanation is about the keys in memory, and fetches none.
  const bool may_fetch = unknown || !context_.explanation;
  const bool is_worth_a_fetch =
      may_fetch && !is_key_unusable_ && IsWorthAFetch(jws);
  if (is_worth_a_fetch) {
    if (const auto iat = jws.UnverifiedClaims().Find("iat")) {
      if (const auto seconds = iat->Number()) {
        missing.issued_at = absl::UnixEpoch() + absl::Seconds(*seconds);
      }
    }
    if (!context_.after_fetch_at) {
      outcome = keys.OutcomeNow(missing);
    } else if (context_.explanation) {
      outcome = keys.OutcomeWithoutFetch(missing, *context_.after_fetch_at);
    } else {
      outcome = keys.OutcomeAfterFetch(missing, *context_.after_fetch_at);
    }
  }
  if (!unknown && outcome == KeyOutcome::kNotFound && is_worth_a_fetch &&
      !context_.after_fetch_at) {
    keys.FetchInBackground(missing);
  }
  // One fetch per request: a client that retries joins the next one.
  if (!outcome) return KeyNotInMemory{keys.shared_from_this(), missing};
  if (any_keys && outcome == KeyOutcome::kNotFound) {
    return Fail(check, std::move(refusal));
  }
  return Fail(CheckId::kKey, KeysUnavailable(keys, context_.now));
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
  claims->rejected.fill(std::make_shared<const Refusal>(Refusal{
      Reason::kClaimRejected,
      base::StrCat("the claim ", name, " is not the issuer's tenant"), name}));
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
