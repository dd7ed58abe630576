// The claims of a verified token, by name and type.
//
//   caller->claims().FindString("tenant")
//   caller->claims().FindStrings({"realm_access", "roles"})
//
// The JSON is parsed when a claim is first read, once for each verified token,
// even if many calls carry the same token.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher {

// The path of a claim: its name, or the names that lead to it, outermost first.
// Names are never split: "https://example.com/roles" is one name.
class ClaimPath {
 public:
  ClaimPath(const char* name) : names_{name} {}
  ClaimPath(std::string_view name) : names_{std::string(name)} {}
  ClaimPath(const std::string& name) : names_{name} {}
  ClaimPath(std::initializer_list<std::string_view> names)
      : names_(names.begin(), names.end()) {}
  explicit ClaimPath(std::vector<std::string> names)
      : names_(std::move(names)) {}

  const std::vector<std::string>& names() const { return names_; }
  // For messages: "realm_access.roles".
  std::string Text() const;

  bool operator==(const ClaimPath&) const = default;

 private:
  std::vector<std::string> names_;
};

enum class ClaimType {
  kString,
  kInteger,  // a JSON number of 64 bits without fraction or exponent
  kDouble,   // any other number
  kBool,
  kNull,
  kArray,
  kObject,
};

// An immutable value; copies share the parsed claims. Thread-safe.
class Claims {
 public:
  // `json` is a token's payload. If it is not a JSON object (RFC 8259) without
  // duplicate members, there are no claims.
  explicit Claims(std::string json);

  // Each returns the claim if it has exactly that type, otherwise nothing.
  // TypeOf() distinguishes an absent claim, for which it returns nothing, from
  // one of another type.
  std::optional<ClaimType> TypeOf(const ClaimPath& path) const;
  std::optional<std::string> FindString(const ClaimPath& path) const;
  // Exact: nothing for an integer that does not fit into 64 bits.
  std::optional<int64_t> FindInteger(const ClaimPath& path) const;
  // Any number, rounded to a double.
  std::optional<double> FindNumber(const ClaimPath& path) const;
  std::optional<bool> FindBool(const ClaimPath& path) const;
  // An array of strings only, or one string: some providers send that for an
  // array of one.
  std::optional<std::vector<std::string>> FindStrings(
      const ClaimPath& path) const;
  // The value as JSON, without white space. Parses the JSON on every call.
  std::optional<std::string> FindJson(const ClaimPath& path) const;

  // The payload exactly as it was signed.
  const std::string& json() const;

 private:
  friend class ClaimRule;
  class Document;
  std::shared_ptr<const Document> document_;
};

}  // namespace usher
