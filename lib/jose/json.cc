#include "lib/jose/json.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lib/jose/base64url.h"
#include "simdjson.h"

namespace usher::jose {
namespace {

namespace dom = simdjson::dom;

// A JsonValue has a dom::element's layout, and is cast back and forth: so those
// who read JSON need not see the library's header.
static_assert(sizeof(JsonValue) == sizeof(dom::element));
static_assert(alignof(JsonValue) == alignof(dom::element));

dom::element ElementAt(const JsonValue& value) {
  return std::bit_cast<dom::element>(value);
}
JsonValue ValueOf(dom::element element) {
  return std::bit_cast<JsonValue>(element);
}

template <typename T>
std::optional<T> As(const JsonValue& value) {
  T held;
  if (ElementAt(value).get(held) != simdjson::SUCCESS) return std::nullopt;
  return held;
}

JsonValue::Type TypeOf(dom::element_type type) {
  using Type = JsonValue::Type;
  switch (type) {
    case dom::element_type::OBJECT:
      return Type::kObject;
    case dom::element_type::ARRAY:
      return Type::kArray;
    case dom::element_type::STRING:
      return Type::kString;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      return Type::kInteger;
    case dom::element_type::DOUBLE:
      return Type::kDouble;
    case dom::element_type::BOOL:
      return Type::kBool;
    case dom::element_type::NULL_VALUE:
      break;
  }
  return Type::kNull;
}

// Up to here comparing each name with each is fastest; beyond, sorting keeps
// an object of ten thousand members from costing a hundred million compares.
constexpr size_t kFewMembers = 16;

bool HasDuplicates(std::vector<std::string_view>& names) {
  if (names.size() > kFewMembers) {
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }
  for (size_t i = 1; i < names.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (names[i] == names[k]) return true;
    }
  }
  return false;
}

// `names` is only a buffer that is kept. Recursion ends at kMaxDepth, which
// the parser has enforced.
bool HasDuplicateMembers(dom::element element,
                         std::vector<std::string_view>& names) {
  dom::object object;
  dom::array array;
  if (element.get(object) == simdjson::SUCCESS) {
    names.clear();
    for (const dom::key_value_pair member : object) names.push_back(member.key);
    if (HasDuplicates(names)) return true;
    for (const dom::key_value_pair member : object) {
      if (HasDuplicateMembers(member.value, names)) return true;
    }
  } else if (element.get(array) == simdjson::SUCCESS) {
    for (const dom::element child : array) {
      if (HasDuplicateMembers(child, names)) return true;
    }
  }
  return false;
}

std::optional<unsigned> Hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// Half a \uD800-\uDFFF pair: a string that no UTF-8 can hold. The library
// takes a lone second half (RFC 8259 section 8.2 leaves it open).
bool HasLoneSurrogate(std::string_view text) {
  size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const std::optional<unsigned> unit =
        text.substr(at, 2) == "\\u" ? Hex4(text.substr(at + 2)) : std::nullopt;
    if (!unit || *unit < 0xd800 || *unit > 0xdfff) {
      at += 2;
      continue;
    }
    const std::optional<unsigned> second = text.substr(at + 6, 2) == "\\u"
                                               ? Hex4(text.substr(at + 8))
                                               : std::nullopt;
    if (*unit > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff) {
      return true;
    }
    at += 12;
  }
  return false;
}

std::string_view FaultOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "empty";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number that cannot be held";
    default:
      return "not JSON";
  }
}

}  // namespace

JsonValue::Type JsonValue::type() const {
  return TypeOf(ElementAt(*this).type());
}

std::optional<std::string_view> JsonValue::String() const {
  return As<std::string_view>(*this);
}
std::optional<bool> JsonValue::Bool() const { return As<bool>(*this); }
std::optional<int64_t> JsonValue::Integer() const { return As<int64_t>(*this); }
std::optional<double> JsonValue::Number() const { return As<double>(*this); }

std::optional<JsonValue> JsonValue::Find(std::string_view name) const {
  const auto object = As<dom::object>(*this);
  if (!object) return std::nullopt;
  for (auto member = object->begin(); member != object->end(); ++member) {
    if (member.key_equals(name)) return ValueOf(member.value());
  }
  return std::nullopt;
}

void JsonValue::ForEachMember(
    absl::FunctionRef<bool(std::string_view, JsonValue)> visit) const {
  const auto object = As<dom::object>(*this);
  if (!object) return;
  for (const dom::key_value_pair member : *object) {
    if (!visit(member.key, ValueOf(member.value))) return;
  }
}

void JsonValue::ForEachElement(absl::FunctionRef<bool(JsonValue)> visit) const {
  const auto array = As<dom::array>(*this);
  if (!array) return;
  for (const dom::element element : *array) {
    if (!visit(ValueOf(element))) return;
  }
}

std::string JsonValue::Text() const {
  return simdjson::minify(ElementAt(*this));
}

struct JsonReader::State {
  // The text, and behind it the slack that the parser may read into.
  std::string buffer;
  size_t size = 0;
  dom::parser parser;
  std::vector<std::string_view> names;
  std::string_view fault;

  std::optional<JsonValue> Refuse(std::string_view why) {
    fault = why;
    return std::nullopt;
  }

  std::optional<JsonValue> ParseBuffer() {
    fault = {};
    size = buffer.size();
    buffer.resize(size + simdjson::SIMDJSON_PADDING);
    if (parser.capacity() == 0 &&
        parser.allocate(kFirstCapacity, kMaxDepth) != simdjson::SUCCESS) {
      return Refuse("out of memory");
    }
    const std::string_view text(buffer.data(), size);
    // RFC 8259 section 8.1 lets a reader skip it; then two texts would be one.
    if (text.starts_with("\xef\xbb\xbf")) return Refuse("byte order mark");
    dom::element root;
    const simdjson::error_code error =
        parser.parse(text.data(), text.size(), false).get(root);
    if (error != simdjson::SUCCESS) return Refuse(FaultOf(error));
    if (HasLoneSurrogate(text)) return Refuse("half a surrogate pair");
    if (HasDuplicateMembers(root, names)) return Refuse("duplicate member");
    return ValueOf(root);
  }

  static constexpr size_t kFirstCapacity = 4096;
};

JsonReader::JsonReader() : state_(std::make_unique<State>()) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;

std::optional<JsonValue> JsonReader::Parse(std::string_view text) {
  state_->buffer.assign(text);
  return state_->ParseBuffer();
}

std::optional<JsonValue> JsonReader::ParseBase64Url(std::string_view encoded) {
  if (!DecodeBase64Url(encoded, state_->buffer)) {
    state_->size = 0;
    return state_->Refuse("not strict base64url");
  }
  return state_->ParseBuffer();
}

std::string_view JsonReader::text() const {
  return std::string_view(state_->buffer.data(), state_->size);
}
std::string_view JsonReader::fault() const { return state_->fault; }

}  // namespace usher::jose
