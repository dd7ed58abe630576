// Reports the state of usherd to the service manager: the protocol of
// sd_notify(3).
#pragma once

#include <string_view>

namespace usher::server {

// `state`: "READY=1", "STOPPING=1". Sends it to the datagram socket in
// NOTIFY_SOCKET, if there is one. Does not block; errors are ignored.
void NotifyServiceManager(std::string_view state);

}  // namespace usher::server
