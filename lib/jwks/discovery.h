// An issuer's metadata: its address and its content (OpenID Connect Discovery
// 1.0 section 4, RFC 8414 section 3). Pure; remote_keys.h fetches it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"

namespace usher::jwks {

// The addresses to ask, in order: ISSUER/.well-known/openid-configuration, then
// /.well-known/oauth-authorization-server inserted before the issuer's path.
// `issuer` is a URL without query and fragment.
std::vector<std::string> MetadataUrls(std::string_view issuer);

// Whether an answer of `http_status` means "not here", so that the next of
// MetadataUrls() is worth asking: 4xx, except those that mean "not now".
bool MeansNotHere(int http_status);

// The address of the key set that the metadata names. Fails, with prose for the
// operator, if `metadata` is not a JSON object, its issuer is not `issuer` byte
// for byte or a template (issuer_template.h) of which that is a tenant's, or its
// jwks_uri is not a URL that `fetch` allows.
absl::StatusOr<std::string> JwksUriIn(std::string_view metadata,
                                      std::string_view issuer,
                                      const http::FetchOptions& fetch = {});

}  // namespace usher::jwks
