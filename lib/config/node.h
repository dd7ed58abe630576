// A YAML document as plain values, with nothing guessed about them.
//
// Scalars stay the text that was written: whether `no` or `017` means anything
// is for the setting they belong to. Members keep their order, and duplicates
// are kept, so that whoever reads them can refuse them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace usher::config {

struct Node {
  enum class Kind { kNull, kScalar, kList, kMapping };
  struct Member;

  Kind kind = Kind::kNull;      // kNull: nothing, `~` or `null`, unquoted
  int line = 1;                 // where it begins, counted from 1
  std::string text;             // kScalar
  bool quoted = false;          // kScalar: in quotes, or a | or > block
  std::vector<Node> elements;   // kList
  std::vector<Member> members;  // kMapping
};

struct Node::Member {
  std::string key;
  int line = 1;
  Node value;
};

constexpr size_t kMaxYamlSize = 4 << 20;      // bytes
constexpr size_t kMaxYamlDepth = 16;          // lists and mappings nested
constexpr size_t kMaxYamlValues = 1'000'000;  // of any kind, in all

// Reads one document; an empty text is a kNull. Fails, in words that end with
// the line, for text that is no YAML or goes beyond the bounds above, bytes
// that are not UTF-8, control characters, a second document, anchors, aliases
// and tags (nothing here needs them, and aliases can make a small file huge),
// and keys that are not text.
// Pure and thread-safe.
absl::StatusOr<Node> ParseYaml(std::string_view text);

// The line of the node at `path`, such as "issuers[1].keys.jwks_url", or of the
// innermost one around it that exists.
int LineAt(const Node& root, std::string_view path);

// "must not be empty (line 3)": every fault ends so.
std::string AtLine(std::string_view message, int line);

}  // namespace usher::config
