#include "lib/json/json.h"

#include <algorithm>
#include <bit>
#include <compare>

#include "lib/json/base64url.h"
#include "lib/json/long_numbers.h"
#include "simdjson.h"

namespace usher::json {
namespace {

namespace dom = simdjson::dom;

// A Value has the layout of a dom::element and is cast to and from it, so that
// json.h need not include the library.
static_assert(sizeof(Value) == sizeof(dom::element));
static_assert(alignof(Value) == alignof(dom::element));

dom::element ElementAt(const Value& value) {
  return std::bit_cast<dom::element>(value);
}
Value ValueOf(dom::element element) { return std::bit_cast<Value>(element); }

template <typename T>
std::optional<T> As(const Value& value) {
  T held;
  if (ElementAt(value).get(held) != simdjson::SUCCESS) return std::nullopt;
  return held;
}

Value::Type TypeOf(dom::element_type type) {
  using Type = Value::Type;
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
    default:
      // BIGINT, since simdjson 4: an integer beyond 64 bits, which the parser
      // gives only if it was asked to.
      return Type::kDouble;
  }
  return Type::kNull;
}

// The name of a member, and a number that differs for nearly all different
// names: its length, first four and last two bytes. Comparing the numbers first
// keeps the search for duplicates at some tens of nanoseconds.
struct Name {
  uint64_t mark;
  std::string_view text;

  explicit Name(std::string_view name) : mark(name.size() << 48), text(name) {
    const size_t first = std::min<size_t>(4, name.size());
    for (size_t i = 0; i < first; ++i) mark = MarkWith(name[i], i);
    if (name.size() > 4) {
      mark = MarkWith(name[name.size() - 2], 4);
      mark = MarkWith(name[name.size() - 1], 5);
    }
  }
  auto operator<=>(const Name&) const = default;

 private:
  uint64_t MarkWith(char c, size_t place) const {
    return mark ^ (uint64_t{static_cast<unsigned char>(c)} << (8 * place));
  }
};

// Up to this size comparing all pairs is fastest. Above, sorting avoids a
// hundred million comparisons for an object of ten thousand members.
constexpr size_t kFewMembers = 16;

bool HasDuplicates(std::vector<Name>& names) {
  if (names.size() > kFewMembers) {
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }
  for (size_t i = 1; i < names.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (names[i].mark == names[k].mark && names[i].text == names[k].text) {
        return true;
      }
    }
  }
  return false;
}

bool HasDuplicateMembers(dom::element element, std::vector<Name>& names);

bool HasDuplicateMembers(dom::object object, std::vector<Name>& names) {
  names.clear();
  bool nested = false;
  for (const dom::key_value_pair member : object) {
    names.emplace_back(member.key);
    nested = nested || member.value.is_object() || member.value.is_array();
  }
  if (HasDuplicates(names)) return true;
  if (!nested) return false;
  for (const dom::key_value_pair member : object) {
    if (HasDuplicateMembers(member.value, names)) return true;
  }
  return false;
}

// `names` is a buffer for reuse. Recursion ends at kMaxDepth, which the parser
// has enforced.
bool HasDuplicateMembers(dom::element element, std::vector<Name>& names) {
  if (dom::object object; element.get(object) == simdjson::SUCCESS) {
    return HasDuplicateMembers(object, names);
  }
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return false;
  for (const dom::element child : array) {
    if (HasDuplicateMembers(child, names)) return true;
  }
  return false;
}

std::string_view ErrorOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "empty";
    case simdjson::DEPTH_ERROR:
      return "nested too deeply";
    case simdjson::UTF8_ERROR:
      return "not UTF-8";
    case simdjson::NUMBER_ERROR:
      return "a number that is out of range";
    default:
      return "not JSON";
  }
}

}  // namespace

Value::Type Value::type() const { return TypeOf(ElementAt(*this).type()); }

std::optional<std::string_view> Value::String() const {
  return As<std::string_view>(*this);
}
std::optional<bool> Value::Bool() const { return As<bool>(*this); }
std::optional<int64_t> Value::Integer() const { return As<int64_t>(*this); }
std::optional<double> Value::Number() const { return As<double>(*this); }

std::optional<Value> Value::Find(std::string_view name) const {
  const auto object = As<dom::object>(*this);
  if (!object) return std::nullopt;
  for (auto member = object->begin(); member != object->end(); ++member) {
    if (member.key_equals(name)) return ValueOf(member.value());
  }
  return std::nullopt;
}

void Value::ForEachMember(
    absl::FunctionRef<bool(std::string_view, Value)> visit) const {
  const auto object = As<dom::object>(*this);
  if (!object) return;
  for (const dom::key_value_pair member : *object) {
    if (!visit(member.key, ValueOf(member.value))) return;
  }
}

void Value::ForEachElement(absl::FunctionRef<bool(Value)> visit) const {
  const auto array = As<dom::array>(*this);
  if (!array) return;
  for (const dom::element element : *array) {
    if (!visit(ValueOf(element))) return;
  }
}

std::string Value::Text() const { return simdjson::minify(ElementAt(*this)); }

struct Reader::State {
  // The text, followed by the padding that the parser may read.
  std::string buffer;
  size_t size = 0;
  std::string rewritten;  // the text without long numbers, padded
  dom::parser parser;
  std::vector<Name> names;
  std::string_view error;

  std::optional<Value> Refuse(std::string_view why) {
    error = why;
    return std::nullopt;
  }

  std::optional<Value> ParseBuffer() {
    error = {};
    size = buffer.size();
    buffer.resize(size + simdjson::SIMDJSON_PADDING);
    if (parser.capacity() == 0 &&
        parser.allocate(kFirstCapacity, kMaxDepth) != simdjson::SUCCESS) {
      return Refuse("out of memory");
    }
    const std::string_view text(buffer.data(), size);
    // RFC 8259 section 8.1 allows a reader to skip it; then two texts would
    // have the same value.
    if (text.starts_with("\xef\xbb\xbf")) return Refuse("byte order mark");
    dom::element root;
    simdjson::error_code code =
        parser.parse(text.data(), text.size(), false).get(root);
    if (code == simdjson::NUMBER_ERROR && RewriteLongNumbers(text, rewritten)) {
      const size_t length = rewritten.size();
      rewritten.resize(length + simdjson::SIMDJSON_PADDING);
      code = parser.parse(rewritten.data(), length, false).get(root);
    }
    if (code != simdjson::SUCCESS) return Refuse(ErrorOf(code));
    if (HasDuplicateMembers(root, names)) return Refuse("duplicate member");
    return ValueOf(root);
  }

  static constexpr size_t kFirstCapacity = 4096;
};

Reader::Reader() : state_(std::make_unique<State>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

std::optional<Value> Reader::Parse(std::string_view text) {
  state_->buffer.assign(text);
  return state_->ParseBuffer();
}

std::optional<Value> Reader::ParseBase64Url(std::string_view encoded) {
  if (!DecodeBase64Url(encoded, state_->buffer)) {
    state_->size = 0;
    return state_->Refuse("not strict base64url");
  }
  return state_->ParseBuffer();
}

std::string_view Reader::text() const {
  return std::string_view(state_->buffer.data(), state_->size);
}
std::string_view Reader::error() const { return state_->error; }

}  // namespace usher::json
