// What else a verified token says: any claim, by its name and as its type.
//
//   caller->claims().FindString("tenant")
//   caller->claims().FindStrings({"realm_access", "roles"})
//
// Read when the first question comes, once for each verified token, however
// many calls bring it. Whoever asks nothing pays nothing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher {

// Where a claim is: its name, or the names that lead to it, outermost first.
// Names are taken whole: "https://example.com/roles" is one name, dots and all.
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
  // "realm_access.roles": for people.
  std::string Text() const;

  bool operator==(const ClaimPath&) const = default;

 private:
  std::vector<std::string> names_;
};

enum class ClaimType {
  kString,
  kInteger,  // a JSON number without fraction or exponent
  kDouble,   // any other number
  kBool,
  kNull,
  kArray,
  kObject,
};

// An immutable value: copies share what was read. Thread-safe.
class Claims {
 public:
  // `json` is a token's payload. What cannot be read as a JSON object (RFC
  // 8259, no member twice) holds no claims.
  explicit Claims(std::string json);

  // Each answers with the claim if it has exactly that type, else with
  // nothing. TypeOf() tells an absent claim, for which it is nothing too, from
  // one of another type.
  std::optional<ClaimType> TypeOf(const ClaimPath& path) const;
  std::optional<std::string> FindString(const ClaimPath& path) const;
  // Exact: an integer beyond 64 bits with sign is no answer.
  std::optional<int64_t> FindInteger(const ClaimPath& path) const;
  // Any number, as near as a double comes.
  std::optional<double> FindNumber(const ClaimPath& path) const;
  std::optional<bool> FindBool(const ClaimPath& path) const;
  // An array of strings and nothing else, or one string, which providers send
  // for an array of one.
  std::optional<std::vector<std::string>> FindStrings(
      const ClaimPath& path) const;
  // The value's JSON text, without white space. Reads the claims anew.
  std::optional<std::string> FindJson(const ClaimPath& path) const;

  // The payload exactly as it was signed.
  const std::string& json() const;

 private:
  friend class ClaimRule;
  class Document;
  std::shared_ptr<const Document> document_;
};

}  // namespace usher
