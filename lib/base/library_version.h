// A library of others that this program uses.
#pragma once

#include <string>
#include <vector>

namespace usher::base {

struct LibraryVersion {
  std::string name;     // "OpenSSL"
  std::string version;  // of the library that runs: "3.0.17"
};
using LibraryVersions = std::vector<LibraryVersion>;

}  // namespace usher::base
