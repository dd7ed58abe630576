#include "server/core/status.h"

#include <algorithm>

#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

// The number of violations that a response lists at most.
constexpr size_t kMaxViolations = 16;

}  // namespace

grpc::Status ToStatus(const base::Refusal& refusal,
                      std::optional<grpc::StatusCode> code) {
  const ReasonInfo& row = InfoOf(refusal.reason);
  rpc::StatusDetails details = {
      .error_info = rpc::ErrorInfo{.reason = std::string(row.name)}};
  if (row.undecided) {
    details.retry_delay = refusal.retry_after.value_or(kRetryAfter);
  }
  // absl::StatusCode and grpc::StatusCode are both gRPC's own numbers.
  return rpc::WithDetails(
      code.value_or(static_cast<grpc::StatusCode>(row.code)),
      base::StrCat(row.name, ": ", refusal.message), details);
}

grpc::Status ToStatus(const FieldViolations& violations) {
  const FieldViolation& first = violations.front();
  std::string message =
      first.field.empty() ? base::StrCat("the request ", first.description)
                          : base::StrCat(first.field, ": ", first.description);
  if (violations.size() > 1) {
    message += base::StrCat(" (and ", violations.size() - 1, " more)");
  }
  const auto end = violations.begin() + static_cast<ptrdiff_t>(std::min(
                                            violations.size(), kMaxViolations));
  return rpc::WithDetails(grpc::StatusCode::INVALID_ARGUMENT, message,
                          {.field_violations = {violations.begin(), end}});
}

}  // namespace usher::server
