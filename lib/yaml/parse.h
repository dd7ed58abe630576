// Parsing of YAML text.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/yaml/node.h"

namespace usher::yaml {

constexpr size_t kMaxSize = 4 << 20;      // bytes
constexpr size_t kMaxDepth = 16;          // nested lists and mappings
constexpr size_t kMaxValues = 1'000'000;  // of any kind, in all

// Parses one document. An empty text is a kNull node.
//
// INVALID_ARGUMENT, with a message that ends with the line, for: text that is
// not YAML; text beyond the limits above; bytes that are not UTF-8; control
// characters; a second document; keys that are not text; anchors, aliases and
// tags. Usher's files need none of the last three, and aliases can make a small
// file expand to a huge one.
//
// Pure and thread-safe.
absl::StatusOr<Node> Parse(std::string_view text);

}  // namespace usher::yaml
