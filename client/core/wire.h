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

// A denial that needs no asking: usherd would say the same, but a byte outside
// printable ASCII is no valid string on the wire, and a huge token would break
// the size limit of the whole message. Nothing: ask.
std::optional<Denied> DeniedUnasked(std::string_view token);

// The same where usherd would take it, else "". Of a traceparent of a later
// version only what this one knows.
std::string FitTraceparent(std::string_view header);
std::string FitRequestId(std::string_view id);

v1::VerifyRequest ToWire(const VerifyQuestion& question);
v1::IntrospectRequest ToWire(const IntrospectQuestion& question);

// A response that breaks the contract is Undecided (kBadAnswer).
Answer FromWire(v1::VerifyResponse response);
Introspection FromWire(v1::IntrospectResponse response);

// How the message begins where no usherd was reached.
inline constexpr std::string_view kUnreachablePreface =
    "usherd cannot be reached";

// Where the call ended with anything but OK.
Undecided UndecidedFrom(const grpc::Status& status);

}  // namespace usher::client
