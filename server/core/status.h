// gRPC statuses with google.rpc.Status details: gRPC's richer error model.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/rpc/status_details.h"

namespace usher::server {

// When to retry, unless the refusal says so.
inline constexpr absl::Duration kRetryAfter = absl::Seconds(1);

using FieldViolation = rpc::FieldViolation;
using FieldViolations = std::vector<FieldViolation>;

// ErrorInfo, and RetryInfo where the refusal is undecided. The code is the
// Reason table's unless given.
grpc::Status ToStatus(const base::Refusal& refusal,
                      std::optional<grpc::StatusCode> code = std::nullopt);

// INVALID_ARGUMENT with BadRequest; `violations` must not be empty. A violation
// without a field concerns the whole request.
grpc::Status ToStatus(const FieldViolations& violations);

}  // namespace usher::server
