// The fields of an issuer's `keys`: exactly one source of keys, and how to sign
// in there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/http/credentials/credential_files.h"
#include "lib/jwks/key_source.h"
#include "lib/yaml/field.h"

namespace usher::config {

struct KeySource {
  bool none = false;  // whatever `source` is
  jwks::Source source = jwks::Discovery{};
  http::CredentialPaths credentials;
  std::optional<std::vector<std::string>> allowed_hosts;
};

KeySource ReadKeySource(const yaml::Value& value);

// Appends the documentation of the fields inside `keys`, which is at `path`.
void DescribeKeySource(const std::string& path,
                       std::vector<yaml::FieldDoc>& docs);

}  // namespace usher::config
