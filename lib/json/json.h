// Reads JSON (RFC 8259), strictly: the whole text must be one value in valid
// UTF-8, no object may have two members of the same name (RFC 8725bis), and
// nesting is bounded. A number beyond 64 bits or the range of a double is read
// as the nearest double (long_numbers.h).
//
// Only json.cc includes the JSON library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

namespace usher::json {

// A value inside the document of a Reader. Two words, passed by value. Valid
// until the reader parses again or is destroyed.
class Value {
 public:
  enum class Type { kObject, kArray, kString, kInteger, kDouble, kBool, kNull };

  Type type() const;
  bool IsObject() const { return type() == Type::kObject; }
  bool IsArray() const { return type() == Type::kArray; }

  // The value if it has exactly this type, else nothing. Strings are unescaped
  // and may contain NUL.
  std::optional<std::string_view> String() const;
  std::optional<bool> Bool() const;
  // A JSON number without fraction or exponent that fits.
  std::optional<int64_t> Integer() const;
  // Any JSON number.
  std::optional<double> Number() const;

  // The member of the object, or nothing if there is none or this is not an
  // object.
  std::optional<Value> Find(std::string_view name) const;

  // Every member of an object or element of an array, in order, until `visit`
  // returns false. Nothing for other types.
  void ForEachMember(
      absl::FunctionRef<bool(std::string_view, Value)> visit) const;
  void ForEachElement(absl::FunctionRef<bool(Value)> visit) const;

  // The value's JSON text, minified.
  std::string Text() const;

 private:
  friend class Reader;
  const void* document_ = nullptr;
  size_t index_ = 0;
};

// Parses one document at a time and keeps its buffers, so that parsing again
// allocates nothing. Not thread-safe: one per thread, or per use.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  static constexpr size_t kMaxDepth = 32;

  // The root value, or nothing if the text is not acceptable; error() then says
  // why ("duplicate member") and never quotes the text. `text` is copied.
  std::optional<Value> Parse(std::string_view text);

  // The same for base64url text, decoded directly into the buffer.
  std::optional<Value> ParseBase64Url(std::string_view encoded);

  // The last text, decoded, as it was. Valid until the next parse.
  std::string_view text() const;
  std::string_view error() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace usher::json
