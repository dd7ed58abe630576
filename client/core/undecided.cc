#include <array>

#include "client/core/status_details.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"

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
});
constexpr Row kOther = {grpc::StatusCode::UNKNOWN, kBadAnswer,
                        "usherd failed unexpectedly"};

const Row& RowFor(grpc::StatusCode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kOther;
}

}  // namespace

Undecided UndecidedFrom(const grpc::Status& status) {
  const Row& row = RowFor(status.error_code());
  StatusDetails details = DetailsOf(status);
  const bool dependency = row.cause == kUnreachable && details.from_usherd;
  if (details.reason && !IsUndecided(*details.reason)) {
    details.reason.reset();
  }
  Undecided undecided = {.cause = dependency ? kDependency : row.cause,
                         .reason = details.reason,
                         .retry_after = details.retry_after};
  const std::string& what =
      details.faults.empty() ? status.error_message() : details.faults;
  undecided.message = dependency     ? what
                      : what.empty() ? std::string(row.preface)
                                     : base::StrCat(row.preface, ": ", what);
  return undecided;
}

}  // namespace usher::client
