#pragma once

#include "lib/base/library_version.h"

namespace usher::http {

// libcurl, with the TLS library that it uses, and c-ares.
base::LibraryVersions Libraries();

}  // namespace usher::http
