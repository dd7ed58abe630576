#include "lib/yaml/value.h"

namespace usher::yaml {

bool Value::Is(Node::Kind kind, std::string_view expected) const {
  if (node.kind == kind) return true;
  if (node.kind == Node::Kind::kNull) {
    AddError("has no value; omit the key to use the default");
  } else {
    AddError(base::StrCat("must be ", expected));
  }
  return false;
}

bool Value::IsMapping() const {
  return Is(Node::Kind::kMapping, "a mapping (key: value)");
}

bool Value::IsNonEmptyList() const {
  if (!Is(Node::Kind::kList, "a list, such as [one, other]")) return false;
  if (!node.elements.empty()) return true;
  AddError("must not be empty; an empty list never means \"any\"");
  return false;
}

std::optional<std::string_view> Value::Text() const {
  if (!Is(Node::Kind::kScalar, "text")) return std::nullopt;
  if (!node.text.empty()) return node.text;
  AddError("must not be empty");
  return std::nullopt;
}

std::optional<std::string_view> Value::UnquotedText(
    std::string_view expected) const {
  if (!Is(Node::Kind::kScalar, expected)) return std::nullopt;
  if (!node.quoted) return node.text;
  AddError(base::StrCat("must be ", expected, ", without quotes"));
  return std::nullopt;
}

}  // namespace usher::yaml
