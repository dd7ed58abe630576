// The parsed claims of a token. They need a few bytes per claim, so they can be
// kept in the verdict cache; the JSON library's own document is too large.
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

// Thread-safe. A value is identified by its index.
class Claims::Document {
 public:
  explicit Document(std::string json) : json_(std::move(json)) {}

  const std::string& json() const { return json_; }

  // The value at `path`, or nothing.
  std::optional<size_t> Find(const ClaimPath& path) const;

  ClaimType TypeOf(size_t value) const { return values_[value].type; }
  // Each is valid only for values of its type.
  std::string_view Text(size_t value) const {
    return TextAt(values_[value].text);
  }
  bool Bool(size_t value) const { return values_[value].number != 0; }
  // Nothing if it does not fit into 64 bits.
  std::optional<int64_t> Integer(size_t value) const;
  double Number(size_t value) const { return values_[value].real; }

  // The first child of an array or object, and the next child after a child.
  // Equal to End(parent) if there is none.
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
    bool fits = true;  // kInteger: it fits into `number`
    uint32_t end = 0;  // the index after its last descendant
    Extent name;       // of a member
    Extent text;       // kString
    int64_t number = 0;
    double real = 0;
  };
  class Reader;

  void ParseOnce() const;
  std::string_view TextAt(Extent extent) const {
    return std::string_view(texts_).substr(extent.begin, extent.size);
  }

  const std::string json_;
  mutable std::once_flag once_;
  // Written once, under `once_`. In the order of the JSON, parents first; the
  // root has index 0. Empty if there are no claims.
  mutable std::vector<Value> values_;
  mutable std::string texts_;  // names and strings, unescaped
};

}  // namespace usher
