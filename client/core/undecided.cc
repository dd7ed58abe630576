#include <array>

#include "client/core/status_details.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"

namespace usher {
namespace {

using enum Undecided::Cause;

constexpr auto kNames = std::to_array<std::string_view>(
    {"DEPENDENCY", "OVERLOADED", "UNREACHABLE", "DEADLINE", "BAD_QUESTION",
     "NOT_ALLOWED", "BAD_ANSWER", "STOPPED"});
static_assert(kNames.size() == static_cast<size_t>(kStopped) + 1);

struct Row {
  grpc::StatusCode code;
  Undecided::Cause cause;
  std::string_view preface;
};

constexpr auto kRows = std::to_array<Row>({
    {grpc::StatusCode::UNAVAILABLE, kUnreachable, client::kUnreachablePreface},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, kOverloaded, "usherd is overloaded"},
    {grpc::StatusCode::DEADLINE_EXCEEDED, kDeadline,
     "usherd did not answer in time"},
    {grpc::StatusCode::INVALID_ARGUMENT, kBadQuestion,
     "usherd finds the question wrong"},
    {grpc::StatusCode::UNAUTHENTICATED, kNotAllowed,
     "usherd does not know this service"},
    {grpc::StatusCode::PERMISSION_DENIED, kNotAllowed,
     "usherd does not let this service ask that"},
    {grpc::StatusCode::CANCELLED, kStopped, "the call was cancelled"},
});
constexpr Row kOther = {grpc::StatusCode::UNKNOWN, kBadAnswer,
                        "usherd failed in a way it should not"};

const Row& RowFor(grpc::StatusCode code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return kOther;
}

}  // namespace

std::string_view NameOf(Undecided::Cause cause) {
  return kNames[static_cast<size_t>(cause)];
}

namespace client {

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

}  // namespace client
}  // namespace usher
