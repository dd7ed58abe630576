#include "client/cli/token/local_verification.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"
#include "usher/local_verifier.h"

namespace usher::cli {
namespace {

v1::Reason ToWire(Reason reason) { return static_cast<v1::Reason>(reason); }

template <typename Set>
void SetIf(const std::optional<std::string>& text, Set set) {
  if (text) set(*text);
}

void Fill(const VerifiedToken& token, v1::VerifiedToken& out) {
  out.set_issuer(token.issuer());
  out.set_issuer_name(token.issuer_name());
  SetIf(token.subject(), [&](const auto& text) { out.set_subject(text); });
  SetIf(token.client_id(), [&](const auto& text) { out.set_client_id(text); });
  out.mutable_audiences()->Add(token.audiences().begin(),
                               token.audiences().end());
  out.mutable_scopes()->Add(token.scopes().begin(), token.scopes().end());
  out.set_kind(token.kind() == TokenKind::kIdToken ? v1::ID_TOKEN
                                                   : v1::ACCESS_TOKEN);
  SetIf(token.token_id(), [&](const auto& text) { out.set_token_id(text); });
  SetIf(token.session_id(),
        [&](const auto& text) { out.set_session_id(text); });
  SetIf(token.key_id(), [&](const auto& text) { out.set_key_id(text); });
  SetIf(token.algorithm(), [&](const auto& text) { out.set_algorithm(text); });
  SetIf(token.confirmation_json(),
        [&](const auto& text) { out.set_confirmation_json(text); });
  if (token.issued_at()) {
    rpc::ToWire(*token.issued_at(), *out.mutable_issued_at());
  }
  if (token.not_before()) {
    rpc::ToWire(*token.not_before(), *out.mutable_not_before());
  }
  if (token.expires_at()) {
    rpc::ToWire(*token.expires_at(), *out.mutable_expires_at());
  }
  out.set_claims_json(token.claims_json());
  rpc::ToWire(token.cache_for(), *out.mutable_cache_for());
  out.set_stale_keys(token.stale_keys());
  rpc::ToWire(token.evaluated_at(), *out.mutable_evaluated_at());
}

v1::VerifyResponse ToResponse(const VerifyResult& result) {
  v1::VerifyResponse response;
  if (const VerifiedToken* token = result.verified()) {
    Fill(*token, *response.mutable_verified());
  } else if (const Denial* denial = result.denial()) {
    v1::Denial& out = *response.mutable_denial();
    if (denial->reason) out.set_reason(ToWire(*denial->reason));
    out.set_message(denial->message);
    if (denial->claim) out.set_claim(*denial->claim);
  } else {
    const Undecided& undecided = *result.undecided();
    v1::Undecided& out = *response.mutable_undecided();
    if (undecided.reason) out.set_reason(ToWire(*undecided.reason));
    out.set_message(undecided.message);
    if (undecided.retry_after) {
      rpc::ToWire(*undecided.retry_after, *out.mutable_retry_after());
    }
  }
  return response;
}

VerifyRequest FromWire(const v1::VerifyRequest& request) {
  VerifyRequest out = {
      .token = request.token(),
      .audiences = {request.audiences().begin(), request.audiences().end()},
      .scopes = {request.scopes().begin(), request.scopes().end()},
      .scope_match = request.scope_match() == v1::ANY ? ScopeMatch::kAny
                                                      : ScopeMatch::kAll,
      .kind = request.kind() == v1::ID_TOKEN ? TokenKind::kIdToken
                                             : TokenKind::kAccessToken};
  if (request.has_issuer()) out.issuer = request.issuer();
  out.check_at_issuer = request.check_at_issuer();
  return out;
}

// The keys are fetched when the program starts, so the first answers can be
// undecided.
bool WaitsForKeys(const VerifyResult& result) {
  return result.undecided() != nullptr &&
         result.undecided()->reason == Reason::kKeysUnavailable;
}

}  // namespace

absl::StatusOr<v1::VerifyResponse> VerifyLocally(
    const std::string& config_file, const v1::VerifyRequest& request,
    absl::Duration timeout, Console& console) {
  USHER_TRY(const std::unique_ptr<LocalVerifier> verifier,
            LocalVerifier::Create({.config_file = config_file,
                                   .reload_interval = absl::ZeroDuration()}));
  for (const std::string& warning : verifier->Warnings()) console.Warn(warning);
  const absl::Time end = absl::Now() + timeout;
  VerifyRequest local = FromWire(request);
  local.deadline = end;
  VerifyResult result = verifier->Verify(local);
  while (WaitsForKeys(result) && absl::Now() < end) {
    absl::SleepFor(std::min(absl::Milliseconds(100), end - absl::Now()));
    result = verifier->Verify(local);
  }
  if (const Undecided* undecided = result.undecided();
      undecided && undecided->cause == Undecided::Cause::kBadRequest) {
    return absl::InvalidArgumentError(base::Absl(undecided->message));
  }
  return ToResponse(result);
}

}  // namespace usher::cli
