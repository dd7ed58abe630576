// What an introspection endpoint answers about a token (RFC 7662 section 2.2).
// Pure: from the response of the endpoint to claims, a denial, or an error that
// leaves the token undecided.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "lib/base/result.h"
#include "lib/http/client.h"
#include "lib/token/claims.h"
#include "lib/token/policy.h"

namespace usher::introspect {

// Why there is no usable answer.
enum class EndpointErrorKind {
  kEndpointUnknown,      // the metadata do not name it
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

struct EndpointError {
  EndpointErrorKind kind;
  // For the operator: what happened and what to do. Never quotes the token.
  std::string message;
};

// Claims (not null): the token is active; time, audience, kind, binding and
// scope are not checked yet. Refusal: it is denied (kTokenInactive,
// kClaimInvalid, kIssuerUnknown, or by its token_type kTokenTypeNotAllowed or
// kTokenBindingUnsupported). EndpointError: undecided.
using Answer = std::variant<std::shared_ptr<const token::Claims>, base::Refusal,
                            EndpointError>;

// How an answer is called in metrics and logs: "invalid" is one whose claims
// cannot be used. Then one for each EndpointErrorKind.
inline constexpr auto kResultLabels = std::to_array<std::string_view>(
    {"active", "inactive", "invalid", "endpoint_unknown", "unreachable",
     "timeout", "credentials_unusable", "credentials_refused", "redirect",
     "status", "content_type", "malformed", "too_large", "overloaded"});
inline constexpr size_t kFirstErrorLabel = 3;
static_assert(kResultLabels.size() ==
              kFirstErrorLabel +
                  static_cast<size_t>(EndpointErrorKind::kOverloaded) + 1);
// An index into kResultLabels.
size_t ResultOf(const Answer& answer);

// The most bytes that an answer may have.
inline constexpr size_t kMaxAnswer = 64 * 1024;

// What ReadAnswer() must know of the issuer. Borrowed.
struct AnswerRules {
  // The issuer identifier: an iss in the answer must be one of these. The first
  // is the issuer of the claims where the answer has none.
  std::span<const std::string> issuers;
  const token::Policy& policy;
};

// `active` must be the JSON value true: the text "true" is an error. Claims are
// read as strictly as those of a JWT.
Answer ReadAnswer(const absl::StatusOr<http::Response>& response,
                  const AnswerRules& rules);

}  // namespace usher::introspect
