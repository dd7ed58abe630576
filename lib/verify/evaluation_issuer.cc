// The part of an Evaluation that concerns what the issuer itself says about a
// token (RFC 7662): all there is for an opaque one, a further check for a JWT.
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/issuer/introspection.h"
#include "lib/token/claim_checks.h"
#include "lib/verify/evaluation.h"

namespace usher::verify {
namespace {

using base::Refusal;
using base::StrCat;
using ActiveClaims = std::shared_ptr<const token::Claims>;
using introspect::EndpointError;
using introspect::EndpointErrorKind;

// How soon it is worth asking again.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// The details are for the operator, who finds them in the log.
Refusal Undecided(const EndpointError& error) {
  if (error.kind == EndpointErrorKind::kOverloaded) {
    return {Reason::kOverloaded,
            "too many tokens wait for an answer of this issuer", "",
            kRetryAfter};
  }
  return {Reason::kIntrospectionUnavailable,
          "the issuer has not given a usable answer about the token", "",
          kRetryAfter};
}

// Nothing: the token is active.
std::optional<Refusal> RefusalIn(const introspect::Answer& answer) {
  if (const auto* refusal = std::get_if<Refusal>(&answer)) return *refusal;
  if (const auto* error = std::get_if<EndpointError>(&answer)) {
    return Undecided(*error);
  }
  return {};
}

}  // namespace

Evaluation::Outcome Evaluation::EvaluateOpaque(std::string_view token) {
  if (auto refusal = CheckOpaqueForm(token)) {
    return Fail(CheckId::kForm, *std::move(refusal));
  }
  Note(CheckId::kForm, {}, "an opaque token");
  if (auto refusal = FindOpaqueIssuer(token)) {
    return Fail(CheckId::kIssuer, *std::move(refusal));
  }
  if (IsAudienceAmbiguous()) {
    return AmbiguousAudience{std::string(issuer_name())};
  }
  for (const CheckId id :
       {CheckId::kCriticalHeaders, CheckId::kType, CheckId::kAlgorithm,
        CheckId::kKey, CheckId::kSignature}) {
    Note(id, {}, "an opaque token has none");
  }
  Note(CheckId::kIssuer, {}, issuer_name());
  if (context_.requirements.kind == TokenKind::kIdToken) {
    return Fail(CheckId::kType,
                {Reason::kTokenTypeNotAllowed,
                 "an opaque token is no ID token: those are JWTs"});
  }
  const auto answer = FindAnswer(token);
  if (!answer) return WithoutAnswer();
  if (auto refusal = RefusalIn(answer->answer)) {
    return Fail(CheckId::kIntrospection, *std::move(refusal));
  }
  Note(CheckId::kIntrospection, {}, "the issuer says that it is active");
  Note(CheckId::kClaims, {}, "each of its registered type");
  const ActiveClaims& claims = std::get<ActiveClaims>(answer->answer);
  if (auto refusal = CheckClaims(*claims, ClaimsAre::kAnswered)) {
    return *std::move(refusal);
  }
  auto answered = std::make_shared<SignedClaims>();
  answered->claims = *claims;
  answered->issuer_name = issuer_->config().name;
  answered->issuer_serial = issuer_->serial();
  return Verified({.claims = std::move(answered),
                   .stale_keys = false,
                   .reusable = true,
                   .answered_until = answer->until});
}

// Length and alphabet are checked before anyone is asked.
Evaluation::CheckResult Evaluation::CheckOpaqueForm(std::string_view token) {
  if (token.size() > issuer::kMaxOpaqueToken) {
    return Refusal{Reason::kTokenTooLarge,
                   StrCat("an opaque token must not be longer than ",
                          issuer::kMaxOpaqueToken, " characters")};
  }
  if (!issuer::IsOpaqueToken(token)) {
    return Refusal{Reason::kTokenMalformed,
                   "the token is no JWT, and it has a character that no bearer "
                   "token has (RFC 6750 section 2.1)"};
  }
  return {};
}

Evaluation::CheckResult Evaluation::FindOpaqueIssuer(std::string_view token) {
  const auto& wanted = context_.requirements.issuer;
  named_ = wanted ? context_.issuers.Find(*wanted)
                  : context_.issuers.FindForOpaque(token);
  if (named_ && named_->introspector()) {
    issuer_ = named_;
    return {};
  }
  return Refusal{
      Reason::kIssuerUnknown,
      wanted ? "opaque token: the issuer that the request names is not one "
               "that is asked about tokens; configure its introspection"
             : "opaque token: no issuer is configured to be asked about it; "
               "give its issuer introspection with a prefix, or with default: "
               "true"};
}

std::optional<introspect::TimedAnswer> Evaluation::FindAnswer(
    std::string_view token) {
  if (context_.answer) return *context_.answer;
  auto answer = issuer_->introspector()->Find(token, context_.now);
  if (answer) source_ = VerdictSource::kCache;
  return answer;
}

Evaluation::Outcome Evaluation::WithoutAnswer() {
  if (context_.explanation) {
    return Fail(CheckId::kIntrospection,
                {Reason::kIntrospectionUnavailable,
                 "the issuer was not asked about the token in the last "
                 "seconds, and an explanation does not ask",
                 "", kRetryAfter});
  }
  return AnswerNotInMemory{issuer_->introspector()->shared_from_this()};
}

bool Evaluation::MustAskIssuer() const {
  return issuer_->always_introspects() || context_.requirements.check_at_issuer;
}

Evaluation::Outcome Evaluation::EvaluateClaims(std::string_view token,
                                               Signed signed_claims) {
  const token::Claims& claims = signed_claims.claims->claims;
  const bool ask = MustAskIssuer();
  if (auto refusal = CheckClaims(claims, ClaimsAre::kSigned, CheckId::kTime,
                                 ask ? CheckId::kBinding : CheckId::kScope)) {
    return *std::move(refusal);
  }
  // Found there, it need not be put there.
  if (context_.cache && source_ != VerdictSource::kCache) {
    context_.cache->Put(token, signed_claims.claims, context_.now);
  }
  if (!ask) return Verified(std::move(signed_claims));
  if (!issuer_->introspector()) {
    return Fail(CheckId::kIntrospection,
                {Reason::kIntrospectionUnavailable,
                 "the request wants the issuer to be asked about the token, "
                 "and no introspection is configured for it",
                 "", kRetryAfter});
  }
  const VerdictSource source = source_;
  const auto answer = FindAnswer(token);
  source_ = source;  // that of the signature
  if (!answer) return WithoutAnswer();
  if (auto refusal = CheckAnswer(claims, answer->answer)) {
    return Fail(CheckId::kIntrospection, *std::move(refusal));
  }
  Note(CheckId::kIntrospection, {}, "the issuer says that it is active");
  if (auto refusal = CheckClaims(claims, ClaimsAre::kSigned, CheckId::kScope)) {
    return *std::move(refusal);
  }
  // The issuer may have taken scopes back.
  const token::Claims& answered = *std::get<ActiveClaims>(answer->answer);
  if (!answered.scopes.empty()) {
    if (auto refusal =
            CheckClaims(answered, ClaimsAre::kRepeated, CheckId::kScope)) {
      return Fail(CheckId::kScope, *std::move(refusal));
    }
  }
  signed_claims.answered_until = answer->until;
  return Verified(std::move(signed_claims));
}

Evaluation::CheckResult Evaluation::CheckAnswer(
    const token::Claims& token, const introspect::Answer& answer) {
  if (auto refusal = RefusalIn(answer)) return refusal;
  const token::Claims& answered = *std::get<ActiveClaims>(answer);
  if (answered.issuer != token.issuer && !issuer_->IsNamed(answered.issuer)) {
    return Refusal{Reason::kIssuerUnknown,
                   "the introspection answer names another issuer", "iss"};
  }
  if (answered.subject && answered.subject != token.subject) {
    return Refusal{Reason::kClaimInvalid,
                   "the introspection answer is about another subject", "sub"};
  }
  for (const CheckId id : {CheckId::kTime, CheckId::kBinding}) {
    if (auto refusal = CheckClaims(answered, ClaimsAre::kRepeated, id, id)) {
      return refusal;
    }
  }
  return {};
}

}  // namespace usher::verify
