// The reason why a listener cannot be opened.
#pragma once

#include <string>
#include <string_view>

namespace usher::server {

// Why gRPC could not listen on `address`, as text for the operator: gRPC itself
// gives no reason. Tries to bind, so call it after the failure. `setting` is
// the key to change: "admin.listen".
std::string ExplainBindError(const std::string& address,
                             std::string_view setting);

}  // namespace usher::server
