// Between the library's types and the messages on the wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grpcpp/support/status.h"
#include "usher/introspection.h"
#include "usher/v1/token_service.pb.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher::client {

// Denies a token that usherd would deny in any case but that cannot be sent: a
// byte outside printable ASCII is no valid string on the wire, and a huge token
// exceeds the size limit of the message. Empty: ask usherd.
std::optional<Denial> PrecheckToken(std::string_view token);

// The header if usherd would accept it, else "". Of a traceparent of a later
// version, only the part that this version defines.
std::string ValidTraceparent(std::string_view header);
std::string ValidRequestId(std::string_view id);

v1::VerifyRequest ToWire(const VerifyRequest& request);
v1::IntrospectRequest ToWire(const IntrospectRequest& request);

// A response that breaks the contract is Undecided (kBadAnswer).
VerifyResult FromWire(v1::VerifyResponse response);
Introspection FromWire(v1::IntrospectResponse response);

// The start of the message if no usherd was reached.
inline constexpr std::string_view kUnreachablePreface =
    "usherd cannot be reached";

// For a call that ended with any code but OK.
Undecided UndecidedFrom(const grpc::Status& status);

}  // namespace usher::client
