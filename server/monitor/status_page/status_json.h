// How usherd stands, as JSON: what the page draws.
#pragma once

#include <string>

#include "server/monitor/status_page/issuer_list.h"
#include "server/monitor/status_page/sources.h"

namespace usher::status_page {

// {"version":"0.1.0","ready":true,"verdicts":{...},"issuers":{...},...}
// Times are milliseconds since 1970, and "now" is this machine's, so
// that a browser elsewhere need not have the right time. Thread-safe.
std::string StatusJson(const Sources& sources, const IssuerFilter& filter);

}  // namespace usher::status_page
