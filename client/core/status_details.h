// What a server says beside a status code: google.rpc.Status, in the trailer
// grpc-status-details-bin.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "usher/reason.h"

namespace usher::client {

struct StatusDetails {
  bool from_usherd = false;      // has an ErrorInfo of the domain usher.dev
  std::optional<Reason> reason;  // of that ErrorInfo, where known
  std::optional<absl::Duration> retry_after;  // RetryInfo; never negative
  std::string faults;  // BadRequest: "audiences[0]: must not be empty; ..."
};

inline constexpr std::string_view kErrorDomain = "usher.dev";

// Details that are absent or do not parse are simply not there.
StatusDetails DetailsOf(const grpc::Status& status);

}  // namespace usher::client
