// gRPC's richer error model: google.rpc.Status in the trailer
// grpc-status-details-bin. One reader and one writer for server, client and
// guard.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "usher/reason.h"

namespace usher::rpc {

// ErrorInfo.domain of every status that Usher makes.
inline constexpr std::string_view kErrorDomain = "usher.dev";

// google.rpc.ErrorInfo.
struct ErrorInfo {
  std::string reason;  // "TOKEN_EXPIRED"
  std::string domain = std::string(kErrorDomain);
  std::map<std::string, std::string> metadata = {};
};

// One member of google.rpc.BadRequest. Never quotes the field's value.
struct FieldViolation {
  std::string field;  // "requests[3].audiences[0]"
  std::string description;

  bool operator==(const FieldViolation&) const = default;
};

struct StatusDetails {
  std::optional<ErrorInfo> error_info = {};
  std::optional<absl::Duration> retry_delay = {};     // RetryInfo
  std::vector<FieldViolation> field_violations = {};  // BadRequest

  // Whether usherd made the status, and not gRPC in its place.
  bool from_usher() const {
    return error_info && error_info->domain == kErrorDomain;
  }
  // Of Usher's ErrorInfo, if this version knows the reason.
  std::optional<Reason> reason() const {
    return from_usher() ? ReasonNamed(error_info->reason) : std::nullopt;
  }
};

// `code` and `message`, with those of `details` that are there.
grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         const StatusDetails& details);

// Details that are absent or cannot be parsed are left out. A negative delay
// becomes zero.
StatusDetails DetailsOf(const grpc::Status& status);

}  // namespace usher::rpc
