// Introspection answers that the issuer has signed (RFC 9701). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "lib/introspect/answer.h"
#include "lib/jose/alg.h"
#include "lib/jose/key_set.h"

namespace usher::introspect {

// RFC 9701 sections 4 and 5.
inline constexpr std::string_view kSignedAnswerType =
    "application/token-introspection+jwt";

// Borrowed.
struct SignedAnswerRules {
  const jose::KeySet& keys;              // of the issuer
  jose::AlgSet algorithms;               // that the issuer may use
  std::span<const std::string> issuers;  // iss must be one of these
  std::string_view client_id;            // aud must be or contain it
};

// `jwt` is what the endpoint answered: a JWT of type "token-introspection+jwt"
// with iss, aud, and the answer in `token_introspection`. Returns the text of
// that member, or an error that leaves the token undecided: kSignature if no
// key of the issuer has signed it, else kMalformed. The time of signing is not
// checked: the answer came over the connection on which it was asked for.
std::variant<std::string, EndpointError> ReadSignedAnswer(
    std::string_view jwt, const SignedAnswerRules& rules);

}  // namespace usher::introspect
