// Files that the documents show. Tests load them.
#pragma once

#include <string_view>

namespace usher::docs {

// The smallest valid configuration.
extern const std::string_view kSmallestExample;

// Every key once, except the insecure_* ones: tests/data/full.yaml.
extern const std::string_view kFullExample;

// A method policy.
extern const std::string_view kPolicyExample;

}  // namespace usher::docs
