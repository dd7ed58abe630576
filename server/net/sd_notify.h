// Tells the service manager that started usherd, if one did, how it stands:
// the protocol of sd_notify(3).
#pragma once

#include <string_view>

namespace usher::server {

// `state`: "READY=1", "STOPPING=1". Sent to the datagram socket that
// NOTIFY_SOCKET names; nothing happens without one. Never blocks or fails:
// who does not listen need not know.
void TellServiceManager(std::string_view state);

}  // namespace usher::server
