// Checks of settings against each other, after each was read by itself.
#pragma once

#include "lib/config/config.h"
#include "lib/yaml/report.h"

namespace usher::config {

// Adds the errors and warnings to `report`.
void CrossCheck(const Config& config, yaml::Report& report);

}  // namespace usher::config
