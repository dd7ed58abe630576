// Verifies a token in this process, with the issuers of a configuration file.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/base/console.h"
#include "usher/v1/token_service.pb.h"

namespace usher::cli {

// Fetches keys as usherd would; waits for them for `timeout` at most. Prints
// the settings that weaken security as warnings. INVALID_ARGUMENT: the file has
// errors, which the message lists, or the request is wrong.
absl::StatusOr<v1::VerifyResponse> VerifyLocally(
    const std::string& config_file, const v1::VerifyRequest& request,
    absl::Duration timeout, Console& console);

}  // namespace usher::cli
