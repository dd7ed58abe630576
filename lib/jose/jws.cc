#include "lib/jose/jws.h"

#include <algorithm>

#include "lib/base/text/strings.h"
#include "lib/jose/signature.h"
#include "lib/json/base64url.h"

namespace usher::jose {
namespace {

using base::Refusal;

Refusal Malformed(std::string_view why) {
  return {Reason::kTokenMalformed, std::string(why)};
}

// The texts between the dots.
struct Segments {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

// A further dot stays in the signature, where base64url refuses it, so a token
// with many dots costs no more than another.
std::optional<Segments> Split(std::string_view compact) {
  const size_t first = compact.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = compact.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Segments{compact.substr(0, first),
                  compact.substr(first + 1, second - first - 1),
                  compact.substr(second + 1)};
}

bool HasThreeParts(const Segments& segments) {
  return segments.signature.find('.') == std::string_view::npos;
}

// For a token that does not have three parts.
std::string PartCountError(std::string_view compact) {
  const auto dots = std::count(compact.begin(), compact.end(), '.');
  if (dots == 0) {
    return "the token is opaque, not a JWT: only its provider can read it";
  }
  if (dots == 4) {
    return "the token is encrypted (JWE, five parts), so only its recipient "
           "can "
           "read it; ask the provider for a signed one";
  }
  return base::StrCat("the token has ", dots + 1, " parts, not three");
}

// The header members that matter. All others are ignored.
struct Header {
  std::optional<std::string_view> alg;
  std::optional<std::string_view> kid;
  std::optional<std::string_view> typ;
  std::optional<std::string_view> x5t;
  std::optional<std::string_view> x5t_s256;
  bool critical = false;
  bool well_typed = true;

  void Visit(std::string_view name, json::Value value) {
    if (name == "alg") {
      SetText(alg, value);
    } else if (name == "kid") {
      SetText(kid, value);
    } else if (name == "typ") {
      SetText(typ, value);
    } else if (name == "x5t") {
      x5t = value.String();
    } else if (name == "x5t#S256") {
      x5t_s256 = value.String();
    } else if (name == "crit" || name == "b64") {
      critical = true;
    }
  }

 private:
  // Null is absent: some libraries write a header without kid so.
  void SetText(std::optional<std::string_view>& member, json::Value value) {
    member = value.String();
    if (!member && value.type() != json::Value::Type::kNull) well_typed = false;
  }
};

// RFC 7515 section 4.1.11: an extension that is not understood must be refused.
// Usher implements none, and not the default of RFC 7797's b64 either, because
// that RFC requires it to be listed in crit.
constexpr std::string_view kCriticalMessage =
    "the header asks for an extension (crit or b64) that is not supported";

}  // namespace

JwsScratch& JwsScratch::ThisThread() {
  thread_local JwsScratch scratch;
  return scratch;
}

base::Result<Jws> Jws::Parse(std::string_view compact, JwsScratch& scratch) {
  if (compact.size() > kMaxSize) {
    return Refusal{Reason::kTokenTooLarge,
                   base::StrCat("token is larger than ", kMaxSize, " bytes")};
  }
  const std::optional<Segments> segments = Split(compact);
  if (!segments) return Malformed(PartCountError(compact));
  const auto header_json = scratch.header.ParseBase64Url(segments->header);
  // Five parts are noticed only here, where a JWS has been ruled out.
  const auto malformed = [&](std::string why) {
    return HasThreeParts(*segments) ? Malformed(why)
                                    : Malformed(PartCountError(compact));
  };
  if (!header_json) {
    return malformed(base::StrCat("header: ", scratch.header.error()));
  }
  const auto payload_json = scratch.payload.ParseBase64Url(segments->payload);
  if (!payload_json) {
    return malformed(base::StrCat("payload: ", scratch.payload.error()));
  }
  if (!json::DecodeBase64Url(segments->signature, scratch.signature)) {
    return malformed("signature: not strict base64url");
  }
  if (!header_json->IsObject()) return Malformed("header: not an object");
  if (!payload_json->IsObject()) return Malformed("payload: not an object");

  Header header;
  header_json->ForEachMember([&](std::string_view name, json::Value value) {
    header.Visit(name, value);
    return true;
  });
  if (!header.well_typed) return Malformed("header: a member has a wrong type");
  if (!header.alg) return Malformed("header: no alg");
  if (header.critical) {
    return Refusal{Reason::kCriticalHeaderUnsupported,
                   std::string(kCriticalMessage)};
  }

  Jws jws;
  jws.signing_input_ =
      compact.substr(0, segments->header.size() + 1 + segments->payload.size());
  jws.algs_ = AlgsNamed(*header.alg);
  if (header.kid != "") jws.kid_ = header.kid;
  jws.typ_ = header.typ;
  jws.x5t_ = header.x5t;
  jws.x5t_s256_ = header.x5t_s256;
  jws.payload_ = *payload_json;
  jws.payload_text_ = scratch.payload.text();
  jws.signature_ = scratch.signature;
  return jws;
}

std::optional<std::string_view> Jws::UnverifiedIssuer() const {
  const std::optional<json::Value> issuer = payload_.Find("iss");
  return issuer ? issuer->String() : std::nullopt;
}

base::Result<Payload> Jws::Verify(const Key& key, AlgSet allowed) const {
  // The header names one algorithm, or EdDSA, which the curve of the key
  // reduces to one: so there is never a choice.
  const std::optional<Alg> alg = (algs_ & allowed & key.algs()).Only();
  if (!alg) {
    return Refusal{Reason::kKeyMismatch,
                   "the key may not be used with the token's algorithm"};
  }
  if (!VerifySignature(key, *alg, signing_input_, signature_)) {
    return Refusal{Reason::kSignatureInvalid, "the signature is not valid"};
  }
  return Payload(payload_text_, payload_, key, *alg);
}

}  // namespace usher::jose
