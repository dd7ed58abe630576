// An issuer's `keys`: exactly one way of getting them.
#pragma once

#include <string>
#include <vector>

#include "lib/config/key.h"
#include "lib/jwks/key_source.h"

namespace usher::config {

struct KeySource {
  static void Read(const Value& value, jwks::Source& out);
  static void DescribeBelow(const std::string& path,
                            std::vector<Entry>& entries);
};

}  // namespace usher::config
