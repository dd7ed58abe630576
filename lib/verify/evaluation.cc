#include "lib/verify/evaluation.h"

#include <algorithm>
#include <utility>

#include "lib/base/strings.h"
#include "lib/token/claim_checks.h"

namespace usher::verify {
namespace {

using base::Refusal;
using base::StrCat;

// How long a verified answer may be reused by who asked: short, so that a
// removed key or a revocation is soon seen everywhere.
constexpr absl::Duration kLongestReuse = absl::Seconds(30);

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Evaluation::Outcome Evaluation::Judge(std::string_view token) {
  bool stale = false;
  if (auto believed = FindCached(token, stale)) {
    path_ = Path::kCache;
    if (Fault fault = CheckClaims(believed->claims)) return *std::move(fault);
    return Verified(std::move(believed), stale);
  }
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  if (!jws) {
    const bool critical =
        jws.refusal().reason == Reason::kCriticalHeaderUnsupported;
    if (critical) Note(CheckId::kForm, {}, "three parts of strict base64url");
    return Fail(critical ? CheckId::kCriticalHeaders : CheckId::kForm,
                std::move(jws).refusal());
  }
  Note(CheckId::kForm, {}, "three parts of strict base64url, JSON inside");
  Note(CheckId::kCriticalHeaders, {}, "none");
  if (Fault fault = CheckHeader(*jws)) return *std::move(fault);
  return JudgeBySignature(token, *jws);
}

std::shared_ptr<const SignedClaims> Evaluation::FindCached(
    std::string_view token, bool& stale) {
  if (!context_.cache) return nullptr;
  auto believed = context_.cache->Find(token, context_.now);
  if (!believed) return nullptr;
  const issuer::Issuer* issuer = context_.issuers.Find(believed->claims.issuer);
  if (issuer && issuer->fingerprint() == believed->issuer_fingerprint) {
    const auto served = issuer->keys().Keys();
    // Keys past every bound end no entry: they may come back unchanged.
    if (!served->UsableAt(context_.now)) return nullptr;
    if (served->keys.Has(believed->key_thumbprint, believed->algorithm)) {
      const Requirements& wanted = context_.requirements;
      if (wanted.issuer && *wanted.issuer != believed->claims.issuer) {
        return nullptr;
      }
      if (token::CheckType(believed->type, wanted.kind,
                           issuer->config().policy)) {
        return nullptr;
      }
      issuer_ = issuer;
      stale = served->StaleAt(context_.now);
      return believed;
    }
  }
  context_.cache->Erase(token);
  return nullptr;
}

// Type and algorithm are the issuer's rules, so it is looked up first; where
// there is none, the algorithm can still be one that nobody may use.
Evaluation::Fault Evaluation::CheckHeader(const jose::Jws& jws) {
  Fault unknown = FindIssuer(jws);
  if (issuer_) {
    if (Fault fault =
            Note(CheckId::kType,
                 token::CheckType(jws.typ(), context_.requirements.kind,
                                  issuer_->config().policy),
                 "one of the issuer's token_types")) {
      return fault;
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
       issuer_ ? "one of the issuer's algorithms" : "one that some may use");
  return Note(CheckId::kIssuer, std::move(unknown), issuer_name());
}

Evaluation::Fault Evaluation::FindIssuer(const jose::Jws& jws) {
  const auto iss = jws.UnverifiedIssuer();
  if (!iss || iss->empty()) {
    return Refusal{Reason::kIssuerMissing, "the token has no iss", "iss"};
  }
  const auto& wanted = context_.requirements.issuer;
  if (wanted && *wanted != *iss) {
    return Refusal{Reason::kIssuerUnknown,
                   "the token is not from the issuer that was asked for",
                   "iss"};
  }
  issuer_ = context_.issuers.Find(*iss);
  if (issuer_) return {};
  return Refusal{Reason::kIssuerUnknown,
                 "the token is from no issuer that is configured", "iss"};
}

Evaluation::Outcome Evaluation::JudgeBySignature(std::string_view token,
                                                 const jose::Jws& jws) {
  std::shared_ptr<const SignedClaims> believed;
  bool stale = false;
  {
    const auto served = issuer_->keys().Keys();
    if (!served->UsableAt(context_.now)) {
      return WithoutKey(jws, /*any_keys=*/false);
    }
    auto opened = Open(jws, *served);
    if (!opened) {
      if (opened.refusal().reason == Reason::kKeyNotFound) {
        return WithoutKey(jws, /*any_keys=*/true);
      }
      return std::move(opened).refusal();
    }
    believed = *std::move(opened);
    stale = served->StaleAt(context_.now);
  }
  if (Fault fault = CheckClaims(believed->claims)) return *std::move(fault);
  if (context_.cache) context_.cache->Put(token, believed, context_.now);
  return Verified(std::move(believed), stale);
}

Evaluation::Fault Evaluation::CheckClaims(const token::Claims& claims) {
  const Requirements& wanted = context_.requirements;
  const token::Policy& policy = issuer_->config().policy;
  const auto accepts = [this](std::string_view audience) {
    return Accepts(audience);
  };
  Fault fault;
  (fault = Note(CheckId::kTime, token::CheckTime(claims, policy, context_.now),
                "within exp, nbf and iat")) ||
      (fault = Note(CheckId::kAudience,
                    token::CheckAudience(claims, policy, accepts),
                    "meant for an accepted audience")) ||
      (fault = Note(CheckId::kKind, token::CheckKind(claims, wanted.kind),
                    "of the kind that was asked for")) ||
      (fault = Note(CheckId::kBinding, token::CheckBinding(claims, policy),
                    "a bearer token")) ||
      (fault =
           Note(CheckId::kScope,
                token::CheckScopes(claims, wanted.scopes, wanted.scope_match),
                "holds what was asked for"));
  return fault;
}

// The issuer's audiences, cut by the request's and by the calling service's.
// Where the issuer has several and nobody named one, none is accepted: orders
// would otherwise take tokens meant for billing.
bool Evaluation::Accepts(std::string_view audience) const {
  const Requirements& wanted = context_.requirements;
  const std::vector<std::string>& own = issuer_->config().audiences;
  if (!Contains(own, audience)) return false;
  if (wanted.caller_audiences &&
      !Contains(*wanted.caller_audiences, audience)) {
    return false;
  }
  if (!wanted.audiences.empty()) return Contains(wanted.audiences, audience);
  return own.size() == 1 || wanted.caller_audiences.has_value();
}

VerifiedToken Evaluation::Verified(std::shared_ptr<const SignedClaims> believed,
                                   bool stale) const {
  VerifiedToken verified;
  const absl::Duration left = *believed->claims.expires_at - context_.now;
  verified.cache_for_ =
      stale ? absl::ZeroDuration()
            : std::clamp(left, absl::ZeroDuration(), kLongestReuse);
  verified.kind_ = context_.requirements.kind;
  verified.stale_keys_ = stale;
  verified.evaluated_at_ = context_.now;
  verified.believed_ = std::move(believed);
  return verified;
}

Evaluation::Fault Evaluation::Note(CheckId id, Fault fault,
                                   std::string_view when_passed) {
  if (context_.explanation) {
    if (fault) {
      context_.explanation->Failed(id, *fault);
    } else {
      context_.explanation->Passed(id, std::string(when_passed));
    }
  }
  return fault;
}

Refusal Evaluation::Fail(CheckId id, Refusal refusal) {
  if (context_.explanation) context_.explanation->Failed(id, refusal);
  return refusal;
}

}  // namespace usher::verify
