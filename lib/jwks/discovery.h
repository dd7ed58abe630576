// An issuer's metadata: its address and its content (OpenID Connect Discovery
// 1.0 section 4, RFC 8414 section 3). Pure; remote_keys.h fetches it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"

namespace usher::jwks {

// The addresses to ask, in order: ISSUER/.well-known/openid-configuration, then
// /.well-known/oauth-authorization-server inserted before the issuer's path. If
// it has a path, also what providers do who mix the two rules:
// openid-configuration inserted, and oauth-authorization-server appended.
// `issuer` is a URL without query and fragment.
std::vector<std::string> MetadataUrls(std::string_view issuer);

// Why an answer means "the metadata is not here", so that the next of
// MetadataUrls() is worth asking: a redirect, which is never followed; 4xx,
// except those that mean "not now"; 200 with something other than a JSON object
// that names an issuer (the start page of a site, say). Absent: it does not
// mean that.
std::optional<std::string> WhyNotHere(const http::Response& response);

// The address of the key set that the metadata names. Fails, with prose for the
// operator, if `metadata` is not a JSON object, its issuer is not `issuer` byte
// for byte or a template (issuer_template.h) of which that is a tenant's, or
// its jwks_uri is not a URL that `fetch` allows.
absl::StatusOr<std::string> JwksUriIn(std::string_view metadata,
                                      std::string_view issuer,
                                      const http::FetchOptions& fetch = {});

// The same for another member that is a URL: "introspection_endpoint".
absl::StatusOr<std::string> UrlIn(std::string_view metadata,
                                  std::string_view issuer,
                                  std::string_view member,
                                  const http::FetchOptions& fetch = {});

// "answered 301, a redirect to https://..., not 200": what a response other
// than 200 says, for the operator.
std::string WhyNotTwoHundred(const http::Response& response);

}  // namespace usher::jwks
