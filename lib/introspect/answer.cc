#include "lib/introspect/answer.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/base/text/strings.h"
#include "lib/json/json.h"

namespace usher::introspect {
namespace {

using base::EqualsIgnoreCase;
using base::Refusal;
using base::StrCat;
using Kind = EndpointErrorKind;

// "application/json; charset=utf-8" -> "application/json".
std::string_view MediaType(std::string_view content_type) {
  return base::Std(absl::StripAsciiWhitespace(
      base::Absl(content_type.substr(0, content_type.find(';')))));
}

EndpointError Of(const absl::Status& status) {
  const std::string text(status.message());
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return {Kind::kTimeout, text};
    case absl::StatusCode::kResourceExhausted:
      return {Kind::kTooLarge, text};
    default:
      return {Kind::kUnreachable, text};
  }
}

// Absent: the response is an answer.
std::optional<EndpointError> ErrorOf(const http::Response& response) {
  const int status = response.status;
  if (status == 401 || status == 403) {
    return EndpointError{
        Kind::kCredentialsRefused,
        StrCat("the endpoint refuses usherd itself (status ", status,
               "): check introspection.auth, client_id and the credentials; "
               "the client must be allowed to introspect at the issuer")};
  }
  if (status >= 300 && status < 400) {
    return EndpointError{
        Kind::kRedirect,
        StrCat("the endpoint redirects (status ", status,
               "), which is not followed: configure its final address as "
               "introspection.endpoint")};
  }
  if (status != 200) {
    return EndpointError{Kind::kStatus,
                         StrCat("the endpoint answered status ", status)};
  }
  const std::string_view type =
      MediaType(response.Header("content-type").value_or(""));
  if (!EqualsIgnoreCase(type, "application/json")) {
    return EndpointError{
        Kind::kContentType,
        "the answer is not application/json: is introspection.endpoint the "
        "introspection endpoint of the issuer?"};
  }
  return {};
}

// RFC 7662 section 2.2: token_type, if it is there, is that of RFC 6749 section
// 5.1. "access_token" is what some providers send instead of "Bearer".
std::optional<Refusal> CheckTokenType(json::Value answer,
                                      const token::Policy& policy) {
  constexpr std::string_view kName = "token_type";
  const auto member = answer.Find(kName);
  if (!member || member->type() == json::Value::Type::kNull) return {};
  const auto type = member->String();
  if (!type) {
    return Refusal{Reason::kClaimInvalid, "token_type must be a string",
                   std::string(kName)};
  }
  if (EqualsIgnoreCase(*type, "Bearer") ||
      EqualsIgnoreCase(*type, "access_token")) {
    return {};
  }
  // RFC 9449 section 5: the token is bound to a key.
  if (EqualsIgnoreCase(*type, "DPoP")) {
    if (policy.insecure_ignore_confirmation) return {};
    return Refusal{
        Reason::kTokenBindingUnsupported,
        "the token is bound to a key (DPoP); it is not a bearer token",
        std::string(kName)};
  }
  return Refusal{Reason::kTokenTypeNotAllowed,
                 "the issuer says that it is not a bearer access token",
                 std::string(kName)};
}

EndpointError Malformed(std::string_view what) {
  return {Kind::kMalformed, StrCat("the answer ", what)};
}

}  // namespace

size_t ResultOf(const Answer& answer) {
  if (const auto* error = std::get_if<EndpointError>(&answer)) {
    return kFirstErrorLabel + static_cast<size_t>(error->kind);
  }
  const auto* refusal = std::get_if<Refusal>(&answer);
  if (refusal == nullptr) return 0;
  return refusal->reason == Reason::kTokenInactive ? 1 : 2;
}

Answer ReadAnswer(const absl::StatusOr<http::Response>& response,
                  const AnswerRules& rules) {
  if (!response.ok()) return Of(response.status());
  if (auto error = ErrorOf(*response)) return *std::move(error);
  json::Reader reader;
  const auto root = reader.Parse(response->body);
  if (!root) return Malformed(StrCat("is not valid JSON: ", reader.error()));
  if (!root->IsObject()) return Malformed("is not a JSON object");
  const auto member = root->Find("active");
  const auto active = member ? member->Bool() : std::nullopt;
  if (!active) {
    return Malformed("has no `active` that is true or false (RFC 7662 2.2)");
  }
  if (!*active) {
    return Refusal{Reason::kTokenInactive,
                   "the issuer says that the token is not active"};
  }
  if (auto refusal = CheckTokenType(*root, rules.policy)) return *refusal;
  auto claims =
      token::ReadClaims(*root, reader.text(), rules.policy,
                        TokenKind::kAccessToken, rules.issuers.front());
  if (!claims) return std::move(claims).refusal();
  if (std::find(rules.issuers.begin(), rules.issuers.end(), claims->issuer) ==
      rules.issuers.end()) {
    return Refusal{Reason::kIssuerUnknown,
                   "the introspection answer names another issuer", "iss"};
  }
  return std::make_shared<const token::Claims>(*std::move(claims));
}

}  // namespace usher::introspect
