// Checks of settings against each other, after each was read by itself.
#pragma once

#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/yaml/report.h"

namespace usher::config {

// What an operator may want to set, although nothing is wrong: a sentence each.
// One covers all issuers, of which there can be thousands.
std::vector<std::string> NotesOn(const Config& config);

// Adds the errors and warnings to `report`.
void CrossCheck(const Config& config, yaml::Report& report);

}  // namespace usher::config
