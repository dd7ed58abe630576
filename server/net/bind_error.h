#pragma once

#include <string>
#include <string_view>

namespace usher::server {

// Why gRPC could not listen on `address`, in words for the operator: gRPC
// itself only says that it could not. Tries to bind; call after the failure.
// `setting` names what to change: "admin.listen".
std::string ExplainBindError(const std::string& address,
                             std::string_view setting);

}  // namespace usher::server
