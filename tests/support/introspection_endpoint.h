// The introspection endpoint of a development issuer (RFC 7662 section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/httpd/message.h"
#include "tests/support/test_issuer.h"

namespace usher::testing {

// The client that may introspect.
struct DevClient {
  std::string id = "usher";
  // For HTTP Basic and for fields of the form.
  std::string secret = "usher-secret";
  // A PEM: for private_key_jwt. Absent: that method is refused.
  std::optional<std::string> public_key = {};
};

// A field of a form, decoded. Absent: the form has none of that name, or its
// encoding is wrong.
std::optional<std::string> FormField(std::string_view form,
                                     std::string_view name);

// Answers POST; 401 unless the request proves to be from `client`.
httpd::Response Introspect(const TestIssuer& issuer, const DevClient& client,
                           const httpd::Request& request);

}  // namespace usher::testing
