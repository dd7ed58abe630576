#include "lib/introspect/signed_answer.h"

#include <algorithm>
#include <optional>

#include "lib/base/text/strings.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_selection.h"

namespace usher::introspect {
namespace {

using Kind = EndpointErrorKind;

EndpointError Malformed(std::string_view what) {
  return {Kind::kMalformed, base::StrCat("the signed answer ", what)};
}

// RFC 9701 section 5: "token-introspection+jwt", with or without
// "application/" (RFC 7515 section 4.1.9).
bool IsOfType(const jose::Jws& jws) {
  constexpr std::string_view kPrefix = "application/";
  if (!jws.typ()) return false;
  return base::EqualsIgnoreCase(*jws.typ(), kSignedAnswerType) ||
         base::EqualsIgnoreCase(*jws.typ(),
                                kSignedAnswerType.substr(kPrefix.size()));
}

std::optional<jose::Payload> Verify(const jose::Jws& jws,
                                    const SignedAnswerRules& rules) {
  const auto selection = jose::SelectKeys(jws, rules.algorithms, rules.keys);
  for (size_t i = 0; i < selection.count; ++i) {
    auto payload = jws.Verify(*selection.keys[i], rules.algorithms);
    if (payload) return *payload;
  }
  return std::nullopt;
}

bool IsText(std::optional<json::Value> member, std::string_view wanted) {
  return member && member->String() == wanted;
}

// RFC 7519 section 4.1.3: one text, or a list of them.
bool HasAudience(json::Value claims, std::string_view wanted) {
  const auto member = claims.Find("aud");
  if (!member) return false;
  if (member->type() != json::Value::Type::kArray) {
    return IsText(member, wanted);
  }
  bool found = false;
  member->ForEachElement([&](json::Value element) {
    found |= IsText(element, wanted);
    return true;
  });
  return found;
}

}  // namespace

std::variant<std::string, EndpointError> ReadSignedAnswer(
    std::string_view jwt, const SignedAnswerRules& rules) {
  jose::JwsScratch scratch;
  const auto jws = jose::Jws::Parse(jwt, scratch);
  if (!jws) {
    return Malformed(
        base::StrCat("is not a signed JWT: ", jws.refusal().message));
  }
  if (!IsOfType(*jws)) {
    return Malformed("has not the type token-introspection+jwt (RFC 9701 5)");
  }
  const auto payload = Verify(*jws, rules);
  if (!payload) {
    return EndpointError{Kind::kSignature,
                         "no key of the issuer verifies the signature of the "
                         "answer: does it sign with a key of its key set, and "
                         "by one of the issuer's algorithms?"};
  }
  const json::Value claims = payload->claims();
  const auto issuer = claims.Find("iss");
  if (std::ranges::none_of(rules.issuers, [&](const std::string& known) {
        return IsText(issuer, known);
      })) {
    return Malformed("has another iss than the issuer");
  }
  if (!HasAudience(claims, rules.client_id)) {
    return Malformed("is not for introspection.client_id by its aud");
  }
  const auto answer = claims.Find("token_introspection");
  if (!answer || !answer->IsObject()) {
    return Malformed("has no object token_introspection (RFC 9701 5)");
  }
  return answer->Text();
}

}  // namespace usher::introspect
