#include "lib/verify/evaluation.h"

#include <algorithm>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/token/claim_checks.h"

namespace usher::verify {
namespace {

using base::Refusal;
using base::StrCat;

// How long a client service may reuse a verified answer: short, so that a
// removed key or a revocation takes effect everywhere soon.
constexpr absl::Duration kLongestReuse = absl::Seconds(30);

// Keys that have been stale for longer may have been withdrawn meanwhile, so no
// answer that rests on them may be reused. Not sooner: a provider that restarts
// must not make every client service ask about every call.
constexpr absl::Duration kReusableWhileStale = absl::Minutes(5);

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Evaluation::Outcome Evaluation::Evaluate(std::string_view token) {
  if (issuer::LooksOpaque(token)) return EvaluateOpaque(token);
  if (auto cached = FindCached(token)) {
    source_ = VerdictSource::kCache;
    if (IsAudienceAmbiguous()) {
      return AmbiguousAudience{std::string(issuer_name())};
    }
    return EvaluateClaims(token, *std::move(cached));
  }
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  if (!jws) {
    const bool critical =
        jws.refusal().reason == Reason::kCriticalHeaderUnsupported;
    if (critical) Note(CheckId::kForm, {}, "three parts of strict base64url");
    return Fail(critical ? CheckId::kCriticalHeaders : CheckId::kForm,
                std::move(jws).refusal());
  }
  FindIssuer(jws->UnverifiedIssuer());
  if (IsAudienceAmbiguous()) {
    return AmbiguousAudience{std::string(issuer_name())};
  }
  Note(CheckId::kForm, {}, "three parts of strict base64url, JSON inside");
  Note(CheckId::kCriticalHeaders, {}, "none");
  if (auto refusal = CheckHeader(*jws)) return *std::move(refusal);
  return EvaluateSignature(token, *jws);
}

std::optional<Evaluation::Signed> Evaluation::FindCached(
    std::string_view token) {
  if (!context_.cache) return std::nullopt;
  auto cached = context_.cache->Find(token, context_.now);
  if (!cached) return std::nullopt;
  const issuer::Issuer* issuer = context_.issuers.Find(cached->claims.issuer);
  jwks::Cache* const keys =
      issuer ? KeysOf(*issuer, cached->claims.issuer) : nullptr;
  if (keys && issuer->serial() == cached->issuer_serial &&
      cached->key_thumbprint && cached->algorithm) {
    const auto served = keys->Keys();
    // Keys past every bound end no entry: they may come back unchanged.
    if (!served->UsableAt(context_.now)) return std::nullopt;
    if (served->keys.Has(*cached->key_thumbprint, *cached->algorithm)) {
      const Requirements& wanted = context_.requirements;
      if (!IsWanted(*issuer, cached->claims.issuer)) return std::nullopt;
      if (cached->read_as != wanted.kind &&
          !issuer->config().policy.reads_both_kinds_alike()) {
        return std::nullopt;
      }
      if (token::CheckType(cached->type, wanted.kind,
                           issuer->config().policy)) {
        return std::nullopt;
      }
      named_ = issuer_ = issuer;
      return SignedBy(*served, std::move(cached));
    }
  }
  context_.cache->Erase(token);
  return std::nullopt;
}

void Evaluation::FindIssuer(std::optional<std::string_view> iss) {
  named_ = iss ? context_.issuers.Find(*iss) : nullptr;
  if (named_ && IsWanted(*named_, *iss)) issuer_ = named_;
}

bool Evaluation::IsWanted(const issuer::Issuer& issuer,
                          std::string_view iss) const {
  const auto& wanted = context_.requirements.issuer;
  return !wanted || *wanted == iss || issuer.IsNamed(*wanted);
}

jwks::Cache* Evaluation::KeysOf(const issuer::Issuer& issuer,
                                std::string_view iss) {
  if (!issuer.tenants()) return issuer.keys();
  tenant_keys_ = issuer.tenants()->Find(*issuer.TenantOf(iss));
  return tenant_keys_.get();
}

bool Evaluation::IsAudienceAmbiguous() const {
  const Requirements& wanted = context_.requirements;
  return named_ && named_->config().audiences.size() > 1 &&
         wanted.audiences.empty() && !wanted.caller_audiences;
}

// Type and algorithm are the issuer's rules, so the issuer is found before
// them. Where there is none, the algorithm can still be one that no issuer may
// use.
Evaluation::CheckResult Evaluation::CheckHeader(const jose::Jws& jws) {
  if (issuer_) {
    if (auto refusal =
            Note(CheckId::kType,
                 token::CheckType(jws.typ(), context_.requirements.kind,
                                  issuer_->config().policy),
                 "one of the issuer's token_types")) {
      return refusal;
    }
  }
  const jose::AlgSet allowed =
      issuer_ ? jws.algs() & issuer_->config().algorithms : jws.algs();
  if (allowed.empty()) {
    return Fail(CheckId::kAlgorithm,
                {Reason::kAlgorithmNotAllowed,
                 issuer_ ? StrCat("this issuer signs with ",
                                  jose::NamesOf(issuer_->config().algorithms))
                         : "no issuer may use this algorithm"});
  }
  Note(CheckId::kAlgorithm, {},
       issuer_ ? "one of the issuer's algorithms"
               : "one that an issuer may use");
  return Note(CheckId::kIssuer, CheckIssuer(jws), issuer_name());
}

Evaluation::CheckResult Evaluation::CheckIssuer(const jose::Jws& jws) const {
  if (issuer_) return {};
  const auto iss = jws.UnverifiedIssuer();
  if (!iss || iss->empty()) {
    return Refusal{Reason::kIssuerMissing, "the token has no iss", "iss"};
  }
  if (named_ ||
      (context_.requirements.issuer && *context_.requirements.issuer != *iss)) {
    return Refusal{Reason::kIssuerUnknown,
                   "the token is not from the issuer that the request names",
                   "iss"};
  }
  return Refusal{Reason::kIssuerUnknown, "the token's issuer is not configured",
                 "iss"};
}

Evaluation::Signed Evaluation::SignedBy(
    const jwks::KeySnapshot& served,
    std::shared_ptr<const SignedClaims> claims) const {
  return {std::move(claims), served.StaleAt(context_.now),
          context_.now < served.fresh_until + kReusableWhileStale};
}

Evaluation::CheckResult Evaluation::CheckClaims(const token::Claims& claims,
                                                ClaimsAre claims_are,
                                                CheckId first, CheckId last) {
  const Requirements& wanted = context_.requirements;
  const auto accepts = [this](std::string_view audience) {
    return Accepts(audience);
  };
  const token::ClaimContext context{
      .policy = issuer_->config().policy,
      .now = context_.now,
      .accepts_audience = accepts,
      .kind = wanted.kind,
      .introspected = claims_are >= ClaimsAre::kAnswered,
      .allow_missing_audience =
          claims_are == ClaimsAre::kAnswered &&
          issuer_->config().introspection->insecure_allow_missing_audience,
      .scopes = wanted.scopes,
      .scope_match = wanted.scope_match};
  for (const token::ClaimCheck& row : token::ClaimChecks()) {
    if (claims_are == ClaimsAre::kUnverified && !row.before_fetch) continue;
    if (row.id < first || row.id > last) continue;
    CheckResult result = row.check(claims, context);
    if (context_.explanation && (claims_are == ClaimsAre::kSigned ||
                                 claims_are == ClaimsAre::kAnswered)) {
      result = Note(row.id, std::move(result), token::WhenPassed(row, context));
    }
    if (result) return result;
  }
  return {};
}

// The issuer's audiences, cut by the request's and by the client service's.
// IsAudienceAmbiguous() has excluded the case that the issuer has several and
// neither of these names one.
bool Evaluation::Accepts(std::string_view audience) const {
  const Requirements& wanted = context_.requirements;
  if (!Contains(issuer_->config().audiences, audience)) return false;
  if (wanted.caller_audiences &&
      !Contains(*wanted.caller_audiences, audience)) {
    return false;
  }
  return wanted.audiences.empty() || Contains(wanted.audiences, audience);
}

VerifiedToken Evaluation::Verified(Signed signed_claims) const {
  VerifiedToken verified;
  const absl::Duration left =
      signed_claims.claims->claims.expires_at.value_or(absl::InfiniteFuture()) -
      context_.now;
  absl::Duration longest = kLongestReuse;
  if (signed_claims.answered_until != absl::InfiniteFuture()) {
    longest = std::min(longest, signed_claims.answered_until - context_.now);
  }
  verified.cache_for_ =
      signed_claims.reusable
          ? std::max(std::min(left, longest), absl::ZeroDuration())
          : absl::ZeroDuration();
  verified.kind_ = context_.requirements.kind;
  verified.stale_keys_ = signed_claims.stale_keys;
  verified.evaluated_at_ = context_.now;
  verified.signed_ = std::move(signed_claims.claims);
  return verified;
}

Evaluation::CheckResult Evaluation::Note(CheckId id, CheckResult result,
                                         std::string_view when_passed) {
  if (context_.explanation) {
    if (result) {
      context_.explanation->Failed(id, *result);
    } else {
      context_.explanation->Passed(id, std::string(when_passed));
    }
  }
  return result;
}

Refusal&& Evaluation::Fail(CheckId id, Refusal&& refusal) {
  if (context_.explanation) context_.explanation->Failed(id, refusal);
  return std::move(refusal);
}

}  // namespace usher::verify
