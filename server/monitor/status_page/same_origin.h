// Who may talk to the status page.
//
// The page is on loopback and asks nobody who they are, but the operator's
// browser shows other sites too, and those can make it send requests here. Such
// a request tells on itself:
//   - by its Host, where a site's name was pointed at this machine (DNS
//     rebinding): only IP addresses and "localhost" are taken, which no
//     site's owner can point anywhere;
//   - by its Origin or Sec-Fetch-Site (Fetch Metadata): only this page's own.
// Nothing here ever answers with a CORS header, so a browser shows no answer to
// another site, and sends it no JSON of another site's.
#pragma once

#include <optional>

#include "lib/httpd/server.h"

namespace usher::status_page {

// The answer to a request that may not come in; nothing where it may. Pure.
std::optional<httpd::Response> Refuse(const httpd::Request& request);

}  // namespace usher::status_page
