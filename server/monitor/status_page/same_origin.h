// Which requests the status page accepts: those of its own origin.
//
// The page is on loopback and has no authentication. But the operator's browser
// shows other sites too, and they can make it send requests here. These are
// recognized
//   - by Host, if a site has pointed its name at this machine (DNS rebinding):
//     only IP addresses and "localhost" are accepted, which the owner of a site
//     cannot point anywhere;
//   - by Origin or Sec-Fetch-Site (Fetch Metadata): only those of this page are
//     accepted.
// No answer has a CORS header, so a browser shows no answer to another site and
// sends no JSON from another site.
#pragma once

#include <optional>

#include "lib/httpd/server.h"

namespace usher::status_page {

// The answer to a request that is not accepted, or nothing. Pure.
std::optional<httpd::Response> Refuse(const httpd::Request& request);

}  // namespace usher::status_page
