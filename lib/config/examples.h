// Configurations that the documents show. Tests load them.
#pragma once

#include <string_view>

namespace usher::config {

// As little as works.
extern const std::string_view kSmallestExample;

// Every key once, but the insecure_* ones: tests/data/full.yaml.
extern const std::string_view kFullExample;

}  // namespace usher::config
