// What must hold between settings, once each has been read by itself.
#pragma once

#include "lib/config/config.h"
#include "lib/config/report.h"

namespace usher::config {

// Puts down every fault and warning. Pure but for `report`.
void CheckWhole(const Config& config, Report& report);

}  // namespace usher::config
