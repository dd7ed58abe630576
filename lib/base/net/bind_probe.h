// Why an address cannot be bound: gRPC gives no reason.
#pragma once

#include <string>
#include <string_view>

namespace usher::base {

// The errno of binding to host:port (without brackets; 0: it succeeds). Looks
// the host up and binds for a moment, so call it only after a failure.
int BindError(const std::string& host, const std::string& port);

// The same for an address as gRPC has it: "Address already in use". If binding
// succeeds now, or if the address is a Unix socket, a general text.
std::string WhyNotBound(std::string_view address);

}  // namespace usher::base
