#include "lib/config/value.h"

namespace usher::config {

bool Value::Is(Node::Kind kind, std::string_view wanted) const {
  if (node.kind == kind) return true;
  if (node.kind == Node::Kind::kNull) {
    Fault("has no value; leave the key out to take the default");
  } else {
    Fault(base::StrCat("must be ", wanted));
  }
  return false;
}

bool Value::IsMapping() const {
  return Is(Node::Kind::kMapping, "a mapping (key: value)");
}

bool Value::IsList() const {
  if (!Is(Node::Kind::kList, "a list, such as [one, other]")) return false;
  if (!node.elements.empty()) return true;
  Fault("must not be empty; an empty list never means \"any\"");
  return false;
}

std::optional<std::string_view> Value::Text() const {
  if (!Is(Node::Kind::kScalar, "text")) return std::nullopt;
  if (!node.text.empty()) return node.text;
  Fault("must not be empty");
  return std::nullopt;
}

std::optional<std::string_view> Value::Plain(std::string_view wanted) const {
  if (!Is(Node::Kind::kScalar, wanted)) return std::nullopt;
  if (!node.quoted) return node.text;
  Fault(base::StrCat("must be ", wanted, ", without quotes"));
  return std::nullopt;
}

}  // namespace usher::config
