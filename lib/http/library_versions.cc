#include "lib/http/library_versions.h"

#include <ares.h>
#include <curl/curl.h>

namespace usher::http {

base::LibraryVersions Libraries() {
  const auto text = [](const char* from) {
    return std::string(from == nullptr ? "" : from);
  };
  const curl_version_info_data* const curl = curl_version_info(CURLVERSION_NOW);
  return {{"libcurl", text(curl->version)},
          {"libcurl TLS", text(curl->ssl_version)},
          {"c-ares", text(ares_version(nullptr))}};
}

}  // namespace usher::http
