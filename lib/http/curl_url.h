// libcurl's URL parser, owned. For url.cc and proxy.cc only.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

namespace usher::http {

struct FreeCurlUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, FreeCurlUrl>;

// The part as text, or nothing where the URL has none.
inline std::optional<std::string> PartOf(const CurlUrl& url, CURLUPart part,
                                         unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) {
    // libcurl 7.88 leaves the text of a host that it cannot convert.
    constexpr unsigned kMinor = 8;
    if (curl_version_info(CURLVERSION_NOW)->version_num >> kMinor == 0x0758) {
      curl_free(text);
    }
    return std::nullopt;
  }
  std::string out = text;
  curl_free(text);
  return out;
}

// "::1" for "[::1]", everything else as it is.
inline std::string WithoutBrackets(std::string host) {
  if (host.size() < 2 || host.front() != '[') return host;
  return host.substr(1, host.size() - 2);
}

}  // namespace usher::http
