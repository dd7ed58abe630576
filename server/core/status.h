// gRPC statuses with google.rpc.Status details: gRPC's richer error model.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/result.h"

namespace usher::server {

// ErrorInfo.domain of every status this service makes.
inline constexpr const char* kErrorDomain = "usher.dev";

// When to retry, unless the refusal says so.
inline constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// One member of google.rpc.BadRequest. Never quotes the field's value.
struct FieldFault {
  std::string field;  // "requests[3].audiences[0]"
  std::string description;

  bool operator==(const FieldFault&) const = default;
};
using FieldFaults = std::vector<FieldFault>;

// ErrorInfo, and RetryInfo where the refusal is undecided. The code is the
// Reason table's unless given.
grpc::Status ToStatus(const base::Refusal& refusal,
                      std::optional<grpc::StatusCode> code = std::nullopt);

// INVALID_ARGUMENT with BadRequest; `faults` must not be empty.
grpc::Status ToStatus(const FieldFaults& faults);

}  // namespace usher::server
