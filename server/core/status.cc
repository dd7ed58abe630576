#include "server/core/status.h"

#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "lib/base/strings.h"

namespace usher::server {
namespace {

// How many of its faults a request is told of.
constexpr size_t kMostViolations = 16;

grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         google::rpc::Status details) {
  details.set_code(code);
  details.set_message(message);
  return grpc::Status(code, message, details.SerializeAsString());
}

}  // namespace

grpc::Status ToStatus(const base::Refusal& refusal,
                      std::optional<grpc::StatusCode> code) {
  const ReasonInfo& row = InfoOf(refusal.reason);
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(row.name));
  info.set_domain(kErrorDomain);
  details.add_details()->PackFrom(info);
  if (row.undecided) {
    const timespec after =
        absl::ToTimespec(refusal.retry_after.value_or(kRetryAfter));
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(after.tv_sec);
    retry.mutable_retry_delay()->set_nanos(static_cast<int>(after.tv_nsec));
    details.add_details()->PackFrom(retry);
  }
  // absl::StatusCode and grpc::StatusCode are both gRPC's own numbers.
  return WithDetails(code.value_or(static_cast<grpc::StatusCode>(row.code)),
                     base::StrCat(row.name, ": ", refusal.message), details);
}

grpc::Status ToStatus(const FieldFaults& faults) {
  google::rpc::BadRequest bad;
  for (const FieldFault& fault : faults) {
    if (static_cast<size_t>(bad.field_violations_size()) == kMostViolations) {
      break;
    }
    auto* violation = bad.add_field_violations();
    violation->set_field(fault.field);
    violation->set_description(fault.description);
  }
  google::rpc::Status details;
  details.add_details()->PackFrom(bad);
  std::string message =
      base::StrCat(faults.front().field, ": ", faults.front().description);
  if (faults.size() > 1) {
    message += base::StrCat(" (and ", faults.size() - 1, " more)");
  }
  return WithDetails(grpc::StatusCode::INVALID_ARGUMENT, message,
                     std::move(details));
}

}  // namespace usher::server
