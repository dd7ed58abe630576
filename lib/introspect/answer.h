// What an introspection endpoint answers about a token (RFC 7662 section 2.2).
// Pure: from the response of the endpoint to claims, a denial, or an error that
// leaves the token undecided.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "lib/base/result.h"
#include "lib/http/client.h"
#include "lib/token/claims.h"

namespace usher::introspect {

// Why there is no usable answer.
enum class EndpointErrorKind {
  kUnreachable,          // no connection, or it broke before an answer
  kTimeout,              // no answer in time
  kCredentialsUnusable,  // the secret, key or certificate could not be read
  kCredentialsRefused,   // status 401 or 403
  kRedirect,             // status 3xx
  kStatus,               // any other status but 200
  kContentType,          // status 200, but not JSON by its type
  kMalformed,            // not a JSON object, or `active` is not true or false
  kTooLarge,             // more bytes than an answer may have
  kOverloaded,           // the request found no slot
};

// One row of the table of errors.
struct EndpointErrorInfo {
  EndpointErrorKind kind;
  std::string_view label;  // for metrics: "credentials_refused"
};
std::span<const EndpointErrorInfo> EndpointErrors();
std::string_view LabelOf(EndpointErrorKind kind);

struct EndpointError {
  EndpointErrorKind kind;
  // For the operator: what happened and what to do. Never quotes the token.
  std::string message;
};

// Claims (not null): the token is active; time, audience, kind, binding and
// scope are not checked yet. Refusal: it is denied (kTokenInactive,
// kClaimInvalid or kIssuerUnknown). EndpointError: undecided.
using Answer = std::variant<std::shared_ptr<const token::Claims>, base::Refusal,
                            EndpointError>;

// The most bytes that an answer may have.
inline constexpr size_t kMaxAnswer = 64 * 1024;

// What ReadAnswer() must know of the issuer. Borrowed.
struct AnswerRules {
  // The issuer identifier: an iss in the answer must be one of these. The first
  // is the issuer of the claims where the answer has none.
  std::span<const std::string> issuers;
  std::string_view audience_claim = "aud";
};

// `active` must be the JSON value true: the text "true" is an error. Claims are
// read as strictly as those of a JWT.
Answer ReadAnswer(const absl::StatusOr<http::Response>& response,
                  const AnswerRules& rules);

}  // namespace usher::introspect
