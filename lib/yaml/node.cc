#include "lib/yaml/node.h"

#include <charconv>

#include "lib/base/text/strings.h"

namespace usher::yaml {
namespace {

// Removes and returns the part of `path` before the next '.' or '['.
std::string_view ConsumeName(std::string_view& path) {
  const std::string_view name = path.substr(0, path.find_first_of(".["));
  path.remove_prefix(name.size());
  return name;
}

// Removes the first step from `path` and returns the child it names, or null.
// Sets `line` to the line of that child.
const Node* ConsumeStep(const Node& node, std::string_view& path, int& line) {
  if (path.front() == '[') {
    size_t index = 0;
    const char* end = path.data() + path.size();
    const auto read = std::from_chars(path.data() + 1, end, index);
    if (read.ec != std::errc() || read.ptr == end) return nullptr;
    path.remove_prefix(read.ptr + 1 - path.data());
    if (index >= node.elements.size()) return nullptr;
    line = node.elements[index].line;
    return &node.elements[index];
  }
  if (path.front() == '.') path.remove_prefix(1);
  const std::string_view name = ConsumeName(path);
  for (const Node::Member& member : node.members) {
    if (member.key != name) continue;
    line = member.line;
    return &member.value;
  }
  return nullptr;
}

}  // namespace

int LineAt(const Node& root, std::string_view path) {
  int line = root.line;
  const Node* node = &root;
  while (node != nullptr && !path.empty())
    node = ConsumeStep(*node, path, line);
  return line;
}

std::string WithLine(std::string_view message, int line) {
  return base::StrCat(message, " (line ", line, ")");
}

}  // namespace usher::yaml
