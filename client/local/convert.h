// Between the public types of a verification and those of lib/verify. Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/issuer/config.h"
#include "lib/revocation/revocation.h"
#include "lib/verify/requirements.h"
#include "lib/verify/verified_token.h"
#include "usher/local_verifier.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher::local {

// kInvalidArgument names the member: "jwks_url: ...". The result may still be
// invalid in itself (issuer::ValidationErrors).
absl::StatusOr<issuer::Config> ToConfig(const LocalIssuer& issuer);

// The error of a request that exceeds the limits in usher/verify_request.h.
std::optional<Undecided> CheckRequest(const VerifyRequest& request);
Undecided BadRequest(std::string message);

verify::Requirements ToRequirements(const VerifyRequest& request);
VerifyResult ToResult(const verify::Verdict& verdict);

// Borrows the texts of `revocation`.
revocation::TargetView ToTarget(const LocalRevocation& revocation);

}  // namespace usher::local
