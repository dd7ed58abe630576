// One question explained: what AdminService and the status page both answer.
#pragma once

#include <string>
#include <variant>

#include "lib/verify/verifier.h"
#include "server/rpc/request_checks.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// The faults of a question that is none, or the explanation of its token.
// `path` leads each field of a fault ("request.").
std::variant<FieldFaults, verify::Verifier::Explained> Explain(
    const verify::Verifier& verifier, const v1::VerifyRequest& question,
    const std::string& path = "");

}  // namespace usher::server
