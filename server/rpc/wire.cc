#include "server/rpc/wire.h"

#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/jose/alg.h"
#include "usher/reason.h"

namespace usher::server {
namespace {

std::optional<std::vector<std::string>> AudiencesOf(
    const ClientService* client_service) {
  if (client_service == nullptr) return std::nullopt;
  return client_service->audiences;
}

v1::TokenKind ToWire(TokenKind kind) {
  return kind == TokenKind::kIdToken ? v1::ID_TOKEN : v1::ACCESS_TOKEN;
}

}  // namespace

verify::Requirements ToRequirements(const v1::VerifyRequest& request,
                                    const ClientService* client_service) {
  verify::Requirements out;
  out.audiences.assign(request.audiences().begin(), request.audiences().end());
  out.caller_audiences = AudiencesOf(client_service);
  out.client_service = NameOf(client_service);
  out.scopes.assign(request.scopes().begin(), request.scopes().end());
  if (request.scope_match() == v1::ANY) {
    out.scope_match = ScopeMatch::kAny;
  }
  if (request.kind() == v1::ID_TOKEN) out.kind = TokenKind::kIdToken;
  if (request.has_issuer()) out.issuer = request.issuer();
  out.check_at_issuer = request.check_at_issuer();
  return out;
}

verify::Requirements ToRequirements(const v1::IntrospectRequest& request,
                                    const ClientService* client_service) {
  verify::Requirements out;
  out.audiences.assign(request.audiences().begin(), request.audiences().end());
  out.caller_audiences = AudiencesOf(client_service);
  out.client_service = NameOf(client_service);
  if (request.has_issuer()) out.issuer = request.issuer();
  out.check_at_issuer = request.check_at_issuer();
  return out;
}

v1::Reason ToWire(Reason reason) {
  // The numbers are the same by contract; a test compares the two tables.
  return static_cast<v1::Reason>(reason);
}

void ToWire(const verify::VerifiedToken& token, v1::VerifiedToken& out) {
  const token::Claims& claims = token.claims();
  out.set_issuer(claims.issuer);
  out.set_issuer_name(token.issuer_name());
  if (claims.subject) out.set_subject(*claims.subject);
  if (claims.client_id) out.set_client_id(*claims.client_id);
  out.mutable_audiences()->Assign(claims.audiences.begin(),
                                  claims.audiences.end());
  out.mutable_scopes()->Assign(claims.scopes.begin(), claims.scopes.end());
  out.set_kind(ToWire(token.kind()));
  if (claims.token_id) out.set_token_id(*claims.token_id);
  if (claims.session_id) out.set_session_id(*claims.session_id);
  if (claims.issued_at) ToWire(*claims.issued_at, *out.mutable_issued_at());
  if (claims.not_before) ToWire(*claims.not_before, *out.mutable_not_before());
  if (claims.expires_at) ToWire(*claims.expires_at, *out.mutable_expires_at());
  if (token.key_id()) out.set_key_id(*token.key_id());
  if (const auto algorithm = token.algorithm()) {
    const std::string_view name = jose::InfoOf(*algorithm).name;
    out.set_algorithm(name.data(), name.size());
  }
  if (claims.confirmation) out.set_confirmation_json(*claims.confirmation);
  out.set_claims_json(claims.json);
  ToWire(token.cache_for(), *out.mutable_cache_for());
  out.set_stale_keys(token.stale_keys());
  ToWire(token.evaluated_at(), *out.mutable_evaluated_at());
}

void ToWire(const base::Refusal& refusal, v1::Denial& out) {
  out.set_reason(ToWire(refusal.reason));
  out.set_message(refusal.message);
  if (!refusal.claim.empty()) out.set_claim(refusal.claim);
}

void ToWire(const base::Refusal& refusal, v1::Undecided& out) {
  out.set_reason(ToWire(refusal.reason));
  out.set_message(refusal.message);
  ToWire(refusal.retry_after.value_or(kRetryAfter), *out.mutable_retry_after());
}

void ToWire(const verify::Verdict& verdict, v1::VerifyResponse& out) {
  if (verdict.ok()) {
    ToWire(*verdict, *out.mutable_verified());
  } else if (IsUndecided(verdict.refusal().reason)) {
    ToWire(verdict.refusal(), *out.mutable_undecided());
  } else {
    ToWire(verdict.refusal(), *out.mutable_denial());
  }
}

void ToWire(const verify::Verdict& verdict, v1::IntrospectResponse& out) {
  out.set_active(verdict.ok());
  if (!verdict.ok()) return;
  const token::Claims& claims = verdict->claims();
  if (!claims.scopes.empty()) out.set_scope(base::Join(claims.scopes, " "));
  if (claims.client_id) out.set_client_id(*claims.client_id);
  if (claims.username) out.set_username(*claims.username);
  out.set_token_type("Bearer");
  if (claims.expires_at) out.set_exp(absl::ToUnixSeconds(*claims.expires_at));
  if (claims.issued_at) out.set_iat(absl::ToUnixSeconds(*claims.issued_at));
  if (claims.not_before) out.set_nbf(absl::ToUnixSeconds(*claims.not_before));
  if (claims.subject) out.set_sub(*claims.subject);
  out.mutable_aud()->Assign(claims.audiences.begin(), claims.audiences.end());
  out.set_iss(claims.issuer);
  if (claims.token_id) out.set_jti(*claims.token_id);
  out.set_extra_json(claims.json);
}

void ToWire(const verify::Check& check, v1::Check& out) {
  using Outcome = verify::Check::Outcome;
  static constexpr std::pair<Outcome, v1::Check::Outcome> kOutcomes[] = {
      {Outcome::kPassed, v1::Check::PASSED},
      {Outcome::kFailed, v1::Check::FAILED},
      {Outcome::kNotReached, v1::Check::NOT_REACHED},
      {Outcome::kUndecided, v1::Check::UNDECIDED},
  };
  out.set_name(check.name.data(), check.name.size());
  for (const auto& [from, to] : kOutcomes) {
    if (check.outcome == from) out.set_outcome(to);
  }
  out.set_detail(check.detail);
  if (check.reason) out.set_reason(ToWire(*check.reason));
}

}  // namespace usher::server
