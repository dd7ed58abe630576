#include "lib/introspect/answer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/base/strings.h"
#include "lib/json/json.h"

namespace usher::introspect {
namespace {

using base::EqualsIgnoreCase;
using base::Refusal;
using base::StrCat;
using Kind = EndpointErrorKind;

constexpr auto kErrors = std::to_array<EndpointErrorInfo>({
    {Kind::kUnreachable, "unreachable"},
    {Kind::kTimeout, "timeout"},
    {Kind::kCredentialsUnusable, "credentials_unusable"},
    {Kind::kCredentialsRefused, "credentials_refused"},
    {Kind::kRedirect, "redirect"},
    {Kind::kStatus, "status"},
    {Kind::kContentType, "content_type"},
    {Kind::kMalformed, "malformed"},
    {Kind::kTooLarge, "too_large"},
    {Kind::kOverloaded, "overloaded"},
});
static_assert(kErrors.size() == static_cast<size_t>(Kind::kOverloaded) + 1);

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

EndpointError Malformed(std::string_view what) {
  return {Kind::kMalformed, StrCat("the answer ", what)};
}

}  // namespace

std::span<const EndpointErrorInfo> EndpointErrors() { return kErrors; }

std::string_view LabelOf(EndpointErrorKind kind) {
  return kErrors[static_cast<size_t>(kind)].label;
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
  auto claims = token::ReadClaims(*root, reader.text(), rules.audience_claim,
                                  rules.issuers.front());
  if (!claims) return std::move(claims).refusal();
  if (std::find(rules.issuers.begin(), rules.issuers.end(), claims->issuer) ==
      rules.issuers.end()) {
    return Refusal{Reason::kIssuerUnknown,
                   "the introspection answer names another issuer", "iss"};
  }
  return std::make_shared<const token::Claims>(*std::move(claims));
}

}  // namespace usher::introspect
