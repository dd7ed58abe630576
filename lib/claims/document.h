// A token's claims, read: a few bytes for each, so that they can be kept beside
// a verdict, which what the JSON library keeps could not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usher/claims.h"

namespace usher {

// Thread-safe. Values are named by their number.
class Claims::Document {
 public:
  explicit Document(std::string json) : json_(std::move(json)) {}

  const std::string& json() const { return json_; }

  // The value at `path`, or nothing.
  std::optional<size_t> Find(const ClaimPath& path) const;

  ClaimType TypeOf(size_t value) const { return values_[value].type; }
  // Each is for values of its type.
  std::string_view Text(size_t value) const {
    return TextAt(values_[value].text);
  }
  bool Truth(size_t value) const { return values_[value].number != 0; }
  // Absent where it does not fit.
  std::optional<int64_t> Integer(size_t value) const;
  double Number(size_t value) const { return values_[value].real; }

  // The first child of an array or object, and the one after a child. Equal to
  // End(parent) where there is none.
  size_t First(size_t parent) const { return parent + 1; }
  size_t Next(size_t child) const { return values_[child].end; }
  size_t End(size_t parent) const { return values_[parent].end; }

 private:
  struct Extent {
    uint32_t begin = 0;
    uint32_t size = 0;
  };
  struct Value {
    ClaimType type = ClaimType::kNull;
    bool fits = true;  // kInteger: into `number`
    uint32_t end = 0;  // the number behind its last descendant
    Extent name;       // of a member
    Extent text;       // kString
    int64_t number = 0;
    double real = 0;
  };
  class Reader;

  void ReadOnce() const;
  std::string_view TextAt(Extent extent) const {
    return std::string_view(texts_).substr(extent.begin, extent.size);
  }

  const std::string json_;
  mutable std::once_flag once_;
  // Written once, under `once_`. In the order of the JSON, parents first; the
  // root is number 0. Empty where there are no claims.
  mutable std::vector<Value> values_;
  mutable std::string texts_;  // names and texts, unescaped
};

}  // namespace usher
