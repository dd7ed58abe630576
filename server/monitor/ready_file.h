// Tells scripts where usherd listens, when that was left to the system (port
// 0).
#pragma once

#include <string>

#include "absl/status/status.h"

namespace usher::server {

// Where usherd listens, with the ports that were chosen.
struct Addresses {
  std::string listen;
  std::string admin;
  std::string metrics;
  std::string status_page;  // "": there is none
};

// {"listen":"127.0.0.1:41234","admin":...,"metrics":...,"serving":true,"pid":1}
// `serving`: there are keys for every required issuer. Whoever reads the file
// sees all of it or the one before. Blocks on the disk.
absl::Status WriteReadyFile(const std::string& path, const Addresses& addresses,
                            bool serving);

}  // namespace usher::server
