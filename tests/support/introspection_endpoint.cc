#include "tests/support/introspection_endpoint.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"

namespace usher::testing {
namespace {

using base::Absl;

std::optional<std::string> FormDecode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      uint32_t byte = 0;
      if (text.size() - i < 3 ||
          !absl::SimpleHexAtoi(Absl(text.substr(i + 1, 2)), &byte)) {
        return std::nullopt;
      }
      decoded += static_cast<char>(byte);
      i += 2;
    }
  }
  return decoded;
}

// RFC 6749 section 2.3.1.
bool IsBasic(const DevClient& client, std::string_view authorization) {
  constexpr std::string_view kBasic = "Basic ";
  std::string pair;
  if (!authorization.starts_with(kBasic) ||
      !absl::Base64Unescape(Absl(authorization.substr(kBasic.size())), &pair)) {
    return false;
  }
  const size_t colon = pair.find(':');
  return colon != std::string::npos &&
         FormDecode(std::string_view(pair).substr(0, colon)) == client.id &&
         FormDecode(std::string_view(pair).substr(colon + 1)) == client.secret;
}

// RFC 7523 section 3: who signed it, about itself, for this issuer.
bool IsAssertion(const DevClient& client, const TestIssuer& issuer,
                 std::string_view assertion) {
  if (!client.public_key) return false;
  const auto keys = jose::KeySet::FromPem(*client.public_key);
  auto jws = jose::Jws::Parse(assertion, jose::JwsScratch::ThisThread());
  if (!keys.ok() || !jws) return false;
  const auto payload = jws->Verify(keys->keys().front(), jws->algs());
  if (!payload) return false;
  const auto is = [&](std::string_view name, std::string_view value) {
    const auto claim = payload->claims().Find(name);
    return claim && claim->String() == value;
  };
  return is("iss", client.id) && is("sub", client.id) &&
         is("aud", issuer.issuer()) && payload->claims().Find("jti") &&
         payload->claims().Find("exp");
}

// RFC 9701.
constexpr std::string_view kSignedType = "application/token-introspection+jwt";

std::string Signed(const TestIssuer& issuer, const DevClient& client,
                   std::string_view answer) {
  return issuer.MintRaw(
      base::StrCat(R"({"alg":")",
                   jose::InfoOf(issuer.SigningKeyOf().alg()).name,
                   R"(","kid":")", issuer.kids().back(),
                   R"(","typ":"token-introspection+jwt"})"),
      base::StrCat(R"({"iss":")", issuer.issuer(), R"(","aud":")", client.id,
                   R"(","token_introspection":)", answer, "}"));
}

bool IsFrom(const DevClient& client, const TestIssuer& issuer,
            const httpd::Request& request) {
  if (const auto header = request.Header("authorization")) {
    return IsBasic(client, *header);
  }
  if (FormField(request.body, "client_id") != client.id) return false;
  if (const auto assertion = FormField(request.body, "client_assertion")) {
    return IsAssertion(client, issuer, *assertion);
  }
  return FormField(request.body, "client_secret") == client.secret;
}

}  // namespace

std::optional<std::string> FormField(std::string_view form,
                                     std::string_view name) {
  while (!form.empty()) {
    const std::string_view field = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), field.size() + 1));
    const size_t equals = field.find('=');
    if (equals != std::string_view::npos && field.substr(0, equals) == name) {
      return FormDecode(field.substr(equals + 1));
    }
  }
  return std::nullopt;
}

httpd::Response Introspect(const TestIssuer& issuer, const DevClient& client,
                           const httpd::Request& request) {
  if (request.method != "POST") {
    return {
        .status = 405, .body = "POST only\n", .headers = {{"Allow", "POST"}}};
  }
  if (!IsFrom(client, issuer, request)) {
    return {.status = 401,
            .content_type = "application/json",
            .body = R"({"error":"invalid_client"})"};
  }
  const auto token = FormField(request.body, "token");
  if (!token) {
    return {.status = 400,
            .content_type = "application/json",
            .body = R"({"error":"invalid_request"})"};
  }
  std::string answer = issuer.Introspect(*token);
  if (request.Header("accept") != kSignedType) {
    return {.content_type = "application/json", .body = std::move(answer)};
  }
  return {.content_type = std::string(kSignedType),
          .body = Signed(issuer, client, answer)};
}

}  // namespace usher::testing
