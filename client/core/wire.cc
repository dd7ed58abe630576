#include "client/core/wire.h"

#include <algorithm>

#include "lib/base/text/strings.h"
#include "lib/base/trace_context.h"
#include "lib/rpc/time.h"
#include "usher/internal/token_mint.h"

namespace usher::client {
namespace {

using rpc::FromWire;

constexpr size_t kMaxTokenSize = 16 * 1024;

Undecided BadAnswer(std::string_view what) {
  return {.cause = Undecided::Cause::kBadAnswer,
          .message = base::StrCat("usherd's answer ", what)};
}

std::optional<Reason> KnownReason(int number) {
  for (const ReasonInfo& row : Reasons()) {
    if (static_cast<int>(row.reason) == number) return row.reason;
  }
  return std::nullopt;
}

template <typename Message>
auto MaybeTime(bool present, const Message& time) {
  return present ? std::optional(FromWire(time)) : std::nullopt;
}

// A field of a message, moved out, where it is present: mutable_...() alone
// would make it so.
#define USHER_MAYBE(message, field)                                          \
  ((message).has_##field()                                                   \
       ? std::optional<std::string>(std::move(*(message).mutable_##field())) \
       : std::nullopt)

template <typename Repeated>
std::vector<std::string> Texts(Repeated& texts) {
  return {std::make_move_iterator(texts.begin()),
          std::make_move_iterator(texts.end())};
}

VerifyResult Verified(v1::VerifiedToken& token) {
  if (token.issuer().empty()) return BadAnswer("lacks the token's issuer");
  internal::TokenMint::Fields fields;
  fields.issuer = std::move(*token.mutable_issuer());
  fields.issuer_name = std::move(*token.mutable_issuer_name());
  fields.subject = USHER_MAYBE(token, subject);
  fields.client_id = USHER_MAYBE(token, client_id);
  fields.audiences = Texts(*token.mutable_audiences());
  fields.scopes = Texts(*token.mutable_scopes());
  fields.kind = token.kind() == v1::ID_TOKEN ? TokenKind::kIdToken
                                             : TokenKind::kAccessToken;
  fields.token_id = USHER_MAYBE(token, token_id);
  fields.session_id = USHER_MAYBE(token, session_id);
  fields.issued_at = MaybeTime(token.has_issued_at(), token.issued_at());
  fields.not_before = MaybeTime(token.has_not_before(), token.not_before());
  fields.expires_at = MaybeTime(token.has_expires_at(), token.expires_at());
  fields.key_id = USHER_MAYBE(token, key_id);
  fields.algorithm = USHER_MAYBE(token, algorithm);
  fields.confirmation_json = USHER_MAYBE(token, confirmation_json);
  fields.claims_json = std::move(*token.mutable_claims_json());
  fields.cache_for =
      std::max(absl::ZeroDuration(), FromWire(token.cache_for()));
  fields.stale_keys = token.stale_keys();
  fields.evaluated_at = FromWire(token.evaluated_at());
  return internal::TokenMint::Make(std::move(fields));
}

VerifyResult FromDenial(v1::Denial& denial) {
  return Denial{.reason = KnownReason(denial.reason()),
                .message = std::move(*denial.mutable_message()),
                .claim = USHER_MAYBE(denial, claim)};
}

VerifyResult FromUndecided(v1::Undecided& undecided) {
  const std::optional<Reason> reason = KnownReason(undecided.reason());
  return Undecided{
      .cause = reason == Reason::kOverloaded ? Undecided::Cause::kOverloaded
                                             : Undecided::Cause::kDependency,
      .reason = reason,
      .message = std::move(*undecided.mutable_message()),
      .retry_after =
          MaybeTime(undecided.has_retry_after(), undecided.retry_after())};
}

}  // namespace

std::optional<Denial> PrecheckToken(std::string_view token) {
  if (token.size() > kMaxTokenSize) {
    return Denial{Reason::kTokenTooLarge, "the token is longer than 16 KiB"};
  }
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(token.begin(), token.end(), printable)) {
    return Denial{Reason::kTokenMalformed,
                  "the token contains a byte that no token may contain"};
  }
  return std::nullopt;
}

std::string ValidTraceparent(std::string_view header) {
  if (!base::ParseTraceparent(header)) return "";
  return std::string(header.substr(0, base::kTraceparentSize));
}

std::string ValidRequestId(std::string_view id) {
  return base::IsRequestId(id) ? std::string(id) : "";
}

v1::VerifyRequest ToWire(const VerifyRequest& request) {
  v1::VerifyRequest wire;
  wire.set_token(request.token.data(), request.token.size());
  wire.mutable_audiences()->Add(request.audiences.begin(),
                                request.audiences.end());
  wire.mutable_scopes()->Add(request.scopes.begin(), request.scopes.end());
  wire.set_scope_match(request.scope_match == ScopeMatch::kAny ? v1::ANY
                                                               : v1::ALL);
  wire.set_kind(request.kind == TokenKind::kIdToken ? v1::ID_TOKEN
                                                    : v1::ACCESS_TOKEN);
  if (request.issuer) wire.set_issuer(*request.issuer);
  wire.set_check_at_issuer(request.check_at_issuer);
  return wire;
}

v1::IntrospectRequest ToWire(const IntrospectRequest& request) {
  v1::IntrospectRequest wire;
  wire.set_token(request.token.data(), request.token.size());
  wire.mutable_audiences()->Add(request.audiences.begin(),
                                request.audiences.end());
  if (request.issuer) wire.set_issuer(*request.issuer);
  wire.set_check_at_issuer(request.check_at_issuer);
  return wire;
}

VerifyResult FromWire(v1::VerifyResponse response) {
  switch (response.result_case()) {
    case v1::VerifyResponse::kVerified:
      return Verified(*response.mutable_verified());
    case v1::VerifyResponse::kDenial:
      return FromDenial(*response.mutable_denial());
    case v1::VerifyResponse::kUndecided:
      return FromUndecided(*response.mutable_undecided());
    case v1::VerifyResponse::RESULT_NOT_SET:
      break;
  }
  return BadAnswer("holds no result that this client knows");
}

Introspection FromWire(v1::IntrospectResponse response) {
  if (!response.active()) return InactiveToken{};
  const auto at = [](bool present, int64_t seconds) {
    return present ? std::optional(absl::FromUnixSeconds(seconds))
                   : std::nullopt;
  };
  return ActiveToken{.scope = USHER_MAYBE(response, scope),
                     .client_id = USHER_MAYBE(response, client_id),
                     .username = USHER_MAYBE(response, username),
                     .token_type = USHER_MAYBE(response, token_type),
                     .exp = at(response.has_exp(), response.exp()),
                     .iat = at(response.has_iat(), response.iat()),
                     .nbf = at(response.has_nbf(), response.nbf()),
                     .sub = USHER_MAYBE(response, sub),
                     .aud = Texts(*response.mutable_aud()),
                     .iss = USHER_MAYBE(response, iss),
                     .jti = USHER_MAYBE(response, jti),
                     .extra_json = USHER_MAYBE(response, extra_json)};
}

}  // namespace usher::client
