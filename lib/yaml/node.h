// A YAML document as a tree of plain values, without type inference.
//
// Scalars keep the text as written: whether `no` or `017` is valid is decided
// by the field that reads it. Members keep their order, and duplicate members
// are kept too, so that the reader can reject them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace usher::yaml {

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

// The line of the node at `path`, such as "issuers[1].keys.jwks_url". If there
// is no such node, the line of the innermost existing node that encloses it.
int LineAt(const Node& root, std::string_view path);

// "must not be empty (line 3)": the end of every error message.
std::string WithLine(std::string_view message, int line);

}  // namespace usher::yaml
