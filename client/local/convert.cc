#include "client/local/convert.h"

#include <utility>

#include "lib/base/text/strings.h"
#include "usher/internal/token_mint.h"

namespace usher::local {
namespace {

// As on the wire: see usher/verify_request.h.
constexpr size_t kMaxAudiences = 32;
constexpr size_t kMaxAudienceBytes = 1024;
constexpr size_t kMaxScopes = 64;
constexpr size_t kMaxScopeBytes = 256;
constexpr size_t kMaxIssuerBytes = 2048;

std::optional<Undecided> CheckList(std::string_view name,
                                   const std::vector<std::string>& values,
                                   size_t max_count, size_t max_bytes) {
  if (values.size() > max_count) {
    return BadRequest(
        base::StrCat(name, ": must have at most ", max_count, " elements"));
  }
  for (const std::string& value : values) {
    if (value.empty() || value.size() > max_bytes) {
      return BadRequest(base::StrCat(name, ": each element must have 1 to ",
                                     max_bytes, " bytes"));
    }
  }
  return std::nullopt;
}

VerifiedToken ToToken(const verify::VerifiedToken& token) {
  const token::Claims& claims = token.claims();
  internal::TokenMint::Fields fields;
  fields.issuer = claims.issuer;
  fields.issuer_name = token.issuer_name();
  fields.subject = claims.subject;
  fields.client_id = claims.client_id;
  fields.audiences = claims.audiences;
  fields.scopes = claims.scopes;
  fields.kind = token.kind();
  fields.token_id = claims.token_id;
  fields.session_id = claims.session_id;
  fields.issued_at = claims.issued_at;
  fields.not_before = claims.not_before;
  fields.expires_at = claims.expires_at;
  fields.key_id = token.key_id();
  if (token.algorithm()) {
    fields.algorithm = std::string(jose::InfoOf(*token.algorithm()).name);
  }
  fields.confirmation_json = claims.confirmation;
  fields.claims_json = claims.json;
  fields.cache_for = token.cache_for();
  fields.stale_keys = token.stale_keys();
  fields.evaluated_at = token.evaluated_at();
  return internal::TokenMint::Make(std::move(fields));
}

}  // namespace

absl::StatusOr<issuer::Config> ToConfig(const LocalIssuer& issuer) {
  issuer::Config config;
  config.name = issuer.name;
  config.issuer = issuer.issuer;
  config.audiences = issuer.audiences;
  config.aliases = issuer.aliases;
  if (issuer.access_token_claims) {
    config.policy.access_token.emplace().has_any = *issuer.access_token_claims;
  }
  config.key_credentials = {.token = issuer.token_file,
                            .certificate = issuer.client_certificate,
                            .key = issuer.client_key};
  config.trust = {
      .ca_pem = issuer.ca_pem,
      .proxy = issuer.proxy,
      .insecure_allow_private_addresses =
          issuer.insecure_allow_private_addresses,
      .insecure_allow_http_loopback = issuer.insecure_allow_http_loopback,
      .insecure_allow_http = issuer.insecure_allow_http,
      .allowed_hosts = issuer.allowed_hosts};
  if (issuer.discovery_url.has_value() + issuer.jwks_url.has_value() +
          issuer.jwks_file.has_value() + issuer.jwks.has_value() >
      1) {
    return absl::InvalidArgumentError(
        "jwks_url: set at most one of discovery_url, jwks_url, jwks_file and "
        "jwks");
  }
  if (issuer.discovery_url) config.keys = jwks::Discovery{issuer.discovery_url};
  if (issuer.jwks_url) config.keys = jwks::JwksUrl{*issuer.jwks_url};
  if (issuer.jwks_file) config.keys = jwks::JwksFile{*issuer.jwks_file};
  if (issuer.jwks) config.keys = jwks::InlineKeys{*issuer.jwks};
  return config;
}

Undecided BadRequest(std::string message) {
  return {.cause = Undecided::Cause::kBadRequest,
          .message = std::move(message)};
}

std::optional<Undecided> CheckRequest(const VerifyRequest& request) {
  if (request.token.empty()) return BadRequest("token: must not be empty");
  if (auto error = CheckList("audiences", request.audiences, kMaxAudiences,
                             kMaxAudienceBytes)) {
    return error;
  }
  if (auto error =
          CheckList("scopes", request.scopes, kMaxScopes, kMaxScopeBytes)) {
    return error;
  }
  if (request.issuer &&
      (request.issuer->empty() || request.issuer->size() > kMaxIssuerBytes)) {
    return BadRequest(
        base::StrCat("issuer: must have 1 to ", kMaxIssuerBytes, " bytes"));
  }
  return std::nullopt;
}

verify::Requirements ToRequirements(const VerifyRequest& request) {
  verify::Requirements requirements;
  requirements.audiences = request.audiences;
  requirements.scopes = request.scopes;
  requirements.scope_match = request.scope_match;
  requirements.kind = request.kind;
  requirements.issuer = request.issuer;
  requirements.check_at_issuer = request.check_at_issuer;
  return requirements;
}

VerifyResult ToResult(const verify::Verdict& verdict) {
  if (verdict.ok()) return ToToken(*verdict);
  const base::Refusal& refusal = verdict.refusal();
  if (!IsUndecided(refusal.reason)) {
    Denial denial = {.reason = refusal.reason, .message = refusal.message};
    if (!refusal.claim.empty()) denial.claim = refusal.claim;
    return denial;
  }
  return Undecided{.cause = refusal.reason == Reason::kOverloaded
                                ? Undecided::Cause::kOverloaded
                                : Undecided::Cause::kDependency,
                   .reason = refusal.reason,
                   .message = refusal.message,
                   .retry_after = refusal.retry_after};
}

}  // namespace usher::local
