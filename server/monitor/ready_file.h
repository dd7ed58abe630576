// Writes the addresses of usherd to a file, for scripts that let the system
// choose the ports (port 0).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace usher::server {

// Where usherd listens, with the ports that the system chose.
struct Addresses {
  std::string listen;
  std::string admin;
  std::string metrics;
  std::string status_page;  // "": it is off
};

// {"listen":"127.0.0.1:41234","admin":...,"metrics":...,"serving":true,"pid":1}
// `serving`: there are keys for every required issuer. The file is replaced
// in one step, and no link is followed. Blocks on the disk.
absl::Status WriteReadyFile(const std::string& path, const Addresses& addresses,
                            bool serving);

}  // namespace usher::server
