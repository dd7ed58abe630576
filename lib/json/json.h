// Reads JSON (RFC 8259), strictly: the whole text must be one value in valid
// UTF-8, no object may have two members of one name (RFC 8725bis), nesting is
// bounded, and integers must fit 64 bits.
//
// The one home of the JSON library: no other file names it.
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

// A value inside a Reader's document. Two words, passed by value; valid
// until the reader parses again or goes.
class Value {
 public:
  enum class Type { kObject, kArray, kString, kInteger, kDouble, kBool, kNull };

  Type type() const;
  bool IsObject() const { return type() == Type::kObject; }
  bool IsArray() const { return type() == Type::kArray; }

  // The value if it has exactly that type, else nothing. Strings are unescaped
  // and may hold NUL.
  std::optional<std::string_view> String() const;
  std::optional<bool> Bool() const;
  // A JSON number without fraction or exponent that fits.
  std::optional<int64_t> Integer() const;
  // Any JSON number.
  std::optional<double> Number() const;

  // The object's member, or nothing if this is no object or has no such member.
  std::optional<Value> Find(std::string_view name) const;

  // Every member of an object or element of an array, in order, until `visit`
  // answers false. Nothing for other types.
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

  // The root value, or nothing when the text is not acceptable; fault() then
  // says why in a few words ("duplicate member"), never quoting the text.
  // `text` is copied.
  std::optional<Value> Parse(std::string_view text);

  // The same for base64url text, decoded straight into the reader's buffer.
  std::optional<Value> ParseBase64Url(std::string_view encoded);

  // The text last parsed, decoded. Valid until the next parse.
  std::string_view text() const;
  std::string_view fault() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace usher::json
