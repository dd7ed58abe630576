// Which URLs an issuer's settings allow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"
#include "lib/http/url.h"

namespace usher::http {

// The URL, if it may be fetched with `options`: an https URL, or an http URL
// where they allow it, at one of their allowed_hosts. The message of an error
// can follow the name of a setting and says which setting would allow the URL.
// Where the host is a name, its addresses are checked when it is asked.
absl::StatusOr<Url> AllowedUrl(std::string_view text,
                               const FetchOptions& options);

// The form of an element of FetchOptions::allowed_hosts, for each scheme that
// `options` allow, of "HOST" or "HOST:PORT" (brackets around an IPv6 address):
// "keys.example.com" is "keys.example.com:443". The message of an error can
// follow the name of a setting.
absl::StatusOr<std::vector<std::string>> AllowedHostOf(
    std::string_view text, const FetchOptions& options);

// Whether `host` can only be this machine: "localhost", a name below it, or a
// loopback address.
bool IsLoopbackHost(std::string_view host);

}  // namespace usher::http
