#include "lib/httpd/library_versions.h"

#include <microhttpd.h>

namespace usher::httpd {

base::LibraryVersions Libraries() {
  return {{"libmicrohttpd", MHD_get_version()}};
}

}  // namespace usher::httpd
