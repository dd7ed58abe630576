// The state of usherd as JSON, which the page draws.
#pragma once

#include <string>

#include "server/monitor/sources.h"
#include "server/monitor/status_page/issuer_list.h"

namespace usher::status_page {

// {"version":"0.1.0","ready":true,"verdicts":{...},"issuers":{...},...}
// Times are milliseconds since 1970. "now" is the time of this machine, so the
// clock of the browser does not matter. Thread-safe.
std::string StatusJson(const server::Sources& sources,
                       const IssuerFilter& filter);

}  // namespace usher::status_page
