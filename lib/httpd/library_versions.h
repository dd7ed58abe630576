#pragma once

#include "lib/base/library_version.h"

namespace usher::httpd {

// libmicrohttpd.
base::LibraryVersions Libraries();

}  // namespace usher::httpd
