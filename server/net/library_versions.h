// The libraries that decide how usherd treats bytes from the network.
// Advisories name their versions (docs/security.md).
#pragma once

#include "lib/base/library_version.h"

namespace usher::server {

// As loaded now, not as built with.
base::LibraryVersions Libraries();

}  // namespace usher::server
