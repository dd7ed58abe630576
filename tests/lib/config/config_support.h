// What the tests of the configuration share.
#pragma once

#include <string>
#include <string_view>

#include "lib/config/config.h"

namespace usher::config {

// A new directory, which goes with the object, and files in it.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::string& path() const { return path_; }
  // Makes the directories that lead there too. Returns the full path.
  std::string Write(std::string_view name, std::string_view text) const;
  // The files that kFullExample names.
  void WriteFilesOfFullExample() const;

 private:
  std::string path_;
};

// A configuration without faults: one issuer, named corp, and `more` keys at
// the top.
std::string WithOneIssuer(std::string_view more);

// The same with `more` keys of the issuer, one a line.
std::string WithIssuerKeys(std::string_view more);

// Every fault, a line each; "" where there is none.
std::string FaultsOf(std::string_view yaml, const std::string& directory = "");
std::string WarningsOf(std::string_view yaml,
                       const std::string& directory = "");

// The configuration; the test fails where there is none.
Config Good(std::string_view yaml, const std::string& directory = "");

// A JWK Set of one key.
inline constexpr std::string_view kJwks =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1","use":"sig",)"
    R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

}  // namespace usher::config
