#include <array>

#include "client/core/wire.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/status_details.h"

namespace usher::client {
namespace {

using enum Undecided::Cause;

struct Row {
  grpc::StatusCode code;
  Undecided::Cause cause;
  std::string_view preface;
};

constexpr auto kRows = std::to_array<Row>({
    {grpc::StatusCode::UNAVAILABLE, kUnreachable, kUnreachablePreface},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, kOverloaded, "usherd is overloaded"},
    {grpc::StatusCode::DEADLINE_EXCEEDED, kDeadline,
     "usherd did not answer in time"},
    {grpc::StatusCode::INVALID_ARGUMENT, kBadRequest,
     "usherd rejects the request"},
    {grpc::StatusCode::UNAUTHENTICATED, kNotAllowed,
     "usherd does not know this service"},
    {grpc::StatusCode::PERMISSION_DENIED, kNotAllowed,
     "usherd does not allow this service to ask that"},
    {grpc::StatusCode::CANCELLED, kStopped, "the call was cancelled"},
    {grpc::StatusCode::UNIMPLEMENTED, kBadAnswer,
     "there is no such method at this address: it may be another listener of "
     "usherd, or another version"},
});
constexpr Row kOther = {grpc::StatusCode::UNKNOWN, kBadAnswer,
                        "usherd failed unexpectedly"};

const Row& RowFor(grpc::StatusCode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kOther;
}

// "audiences[0]: must not be empty; ...".
std::string Text(const std::vector<rpc::FieldViolation>& violations) {
  std::string text;
  for (const rpc::FieldViolation& violation : violations) {
    text += base::StrCat(text.empty() ? "" : "; ", violation.field, ": ",
                         violation.description);
  }
  return text;
}

}  // namespace

Undecided UndecidedFrom(const grpc::Status& status) {
  const Row& row = RowFor(status.error_code());
  const rpc::StatusDetails details = rpc::DetailsOf(status);
  const bool dependency = row.cause == kUnreachable && details.from_usher();
  Undecided undecided = {.cause = dependency ? kDependency : row.cause,
                         .retry_after = details.retry_delay};
  const std::optional<Reason> reason = details.reason();
  if (reason && IsUndecided(*reason)) undecided.reason = reason;
  const std::string violations = Text(details.field_violations);
  const std::string& what =
      violations.empty() ? status.error_message() : violations;
  undecided.message = dependency     ? what
                      : what.empty() ? std::string(row.preface)
                                     : base::StrCat(row.preface, ": ", what);
  return undecided;
}

}  // namespace usher::client
