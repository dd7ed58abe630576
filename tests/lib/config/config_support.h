// Shared by the tests of the configuration.
#pragma once

#include <string>
#include <string_view>

#include "lib/config/config.h"

namespace usher::config {

// A new directory, which is removed with the object, and files in it.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::string& path() const { return path_; }
  // Creates the directories of the path too. Returns the full path.
  std::string Write(std::string_view name, std::string_view text) const;
  // The files that docs::kFullExample refers to.
  void WriteFilesOfFullExample() const;

 private:
  std::string path_;
};

// A valid configuration: one issuer, named corp, and `more` keys at
// the top.
std::string WithOneIssuer(std::string_view more);

// The same with `more` keys of the issuer, one per line.
std::string WithIssuerKeys(std::string_view more);

// All errors, one per line; "" if there are none.
std::string ErrorsOf(std::string_view yaml, const std::string& directory = "");
std::string WarningsOf(std::string_view yaml,
                       const std::string& directory = "");

// The configuration. The test fails if there are errors.
Config Good(std::string_view yaml, const std::string& directory = "");

// A JWK Set of one key.
inline constexpr std::string_view kJwks =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig",)"
    R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

}  // namespace usher::config
