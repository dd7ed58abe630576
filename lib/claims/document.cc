#include "lib/claims/document.h"

#include <utility>

#include "lib/json/json.h"

namespace usher {
namespace {

ClaimType TypeOf(json::Value::Type type) {
  using Type = json::Value::Type;
  switch (type) {
    case Type::kObject:
      return ClaimType::kObject;
    case Type::kArray:
      return ClaimType::kArray;
    case Type::kString:
      return ClaimType::kString;
    case Type::kInteger:
      return ClaimType::kInteger;
    case Type::kDouble:
      return ClaimType::kDouble;
    case Type::kBool:
      return ClaimType::kBool;
    case Type::kNull:
      break;
  }
  return ClaimType::kNull;
}

}  // namespace

// The depth of recursion is limited by json::Reader::kMaxDepth.
class Claims::Document::Reader {
 public:
  Reader(std::vector<Value>& values, std::string& texts)
      : values_(values), texts_(texts) {}

  void Read(std::string_view name, json::Value json) {
    const size_t place = values_.size();
    values_.emplace_back();
    Value value = {.type = usher::TypeOf(json.type()), .name = Keep(name)};
    if (const auto text = json.String()) value.text = Keep(*text);
    if (const auto integer = json.Integer()) {
      value.number = *integer;
    } else {
      value.fits = false;
    }
    if (const auto boolean = json.Bool()) value.number = *boolean ? 1 : 0;
    value.real = json.Number().value_or(0);
    json.ForEachMember([&](std::string_view member, json::Value child) {
      Read(member, child);
      return true;
    });
    json.ForEachElement([&](json::Value child) {
      Read("", child);
      return true;
    });
    value.end = static_cast<uint32_t>(values_.size());
    values_[place] = value;
  }

 private:
  Extent Keep(std::string_view text) {
    const Extent extent = {static_cast<uint32_t>(texts_.size()),
                           static_cast<uint32_t>(text.size())};
    texts_ += text;
    return extent;
  }

  std::vector<Value>& values_;
  std::string& texts_;
};

void Claims::Document::ParseOnce() const {
  std::call_once(once_, [this] {
    json::Reader reader;
    const auto root = reader.Parse(json_);
    if (!root || !root->IsObject()) return;
    Reader(values_, texts_).Read("", *root);
    values_.shrink_to_fit();
    texts_.shrink_to_fit();
  });
}

std::optional<size_t> Claims::Document::Find(const ClaimPath& path) const {
  ParseOnce();
  if (values_.empty() || path.names().empty()) return std::nullopt;
  size_t place = 0;
  for (const std::string& name : path.names()) {
    if (TypeOf(place) != ClaimType::kObject) return std::nullopt;
    const size_t end = End(place);
    size_t child = First(place);
    while (child != end && TextAt(values_[child].name) != name) {
      child = Next(child);
    }
    if (child == end) return std::nullopt;
    place = child;
  }
  return place;
}

std::optional<int64_t> Claims::Document::Integer(size_t value) const {
  if (!values_[value].fits) return std::nullopt;
  return values_[value].number;
}

}  // namespace usher
