// The only mapping between the types of lib/ and the messages on the wire.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/rpc/time.h"
#include "lib/verify/explanation.h"
#include "lib/verify/requirements.h"
#include "lib/verify/verifier.h"
#include "server/core/client_services.h"
#include "server/rpc/request_checks.h"
#include "usher/v1/admin_service.pb.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// Requests, which must be valid (request_checks.h). `client_service` may be
// null: it limits nothing.
verify::Requirements ToRequirements(const v1::VerifyRequest& request,
                                    const ClientService* client_service);
verify::Requirements ToRequirements(const v1::IntrospectRequest& request,
                                    const ClientService* client_service);

// Responses. `out` must be empty.
v1::Reason ToWire(Reason reason);
void ToWire(const verify::VerifiedToken& token, v1::VerifiedToken& out);
void ToWire(const base::Refusal& refusal, v1::Denial& out);
void ToWire(const base::Refusal& refusal, v1::Undecided& out);
// Any of the three.
void ToWire(const verify::Verdict& verdict, v1::VerifyResponse& out);
// RFC 7662: active=false and nothing else, unless the token is verified.
void ToWire(const verify::Verdict& verdict, v1::IntrospectResponse& out);
void ToWire(const verify::Check& check, v1::Check& out);
using rpc::ToWire;  // times and durations

}  // namespace usher::server
