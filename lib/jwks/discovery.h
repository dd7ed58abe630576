// An issuer's metadata: where it lies and what it says (OpenID Connect
// Discovery 1.0 section 4, RFC 8414 section 3). Pure; fetch.h asks for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace usher::jwks {

// The addresses to ask, in turn: ISSUER/.well-known/openid-configuration, then
// /.well-known/oauth-authorization-server put before the issuer's path.
// `issuer` is an https URL without query and fragment.
std::vector<std::string> MetadataUrls(std::string_view issuer);

// Whether an answer of `http_status` means "not here", so that the next of
// MetadataUrls() is worth asking: 4xx, but for those that mean "not now".
bool MeansNotHere(int http_status);

// The https address of the key set that the metadata names. Fails, in words for
// the operator, when `metadata` is no JSON object, its issuer is not `issuer`
// byte for byte, or its jwks_uri is no https URL.
absl::StatusOr<std::string> JwksUriIn(std::string_view metadata,
                                      std::string_view issuer);

}  // namespace usher::jwks
