// A compact JWS (RFC 7515 section 7.1), taken apart strictly, and the one way
// to its payload: a key that signed it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/jose/alg.h"
#include "lib/jose/key.h"
#include "lib/json/json.h"

namespace usher::jose {

// The buffers in which a token is taken apart. Keep one per thread and reuse
// it: then parsing allocates nothing. ThisThread() is that one.
struct JwsScratch {
  json::Reader header;
  json::Reader payload;
  std::string signature;

  static JwsScratch& ThisThread();
};

// What a key signed. Only Jws::Open() makes one. Valid as long as the Jws.
class Payload {
 public:
  // The bytes as signed.
  std::string_view text() const { return text_; }
  // Always a JSON object.
  json::Value claims() const { return claims_; }
  const Key& key() const { return *key_; }
  Alg alg() const { return alg_; }

 private:
  friend class Jws;
  Payload(std::string_view text, json::Value claims, const Key& key, Alg alg)
      : text_(text), claims_(claims), key_(&key), alg_(alg) {}
  std::string_view text_;
  json::Value claims_;
  const Key* key_;
  Alg alg_;
};

// Well-formed, but not yet believed. A view: it borrows the token's text and
// the scratch, and is valid until either goes or the scratch is used again.
class Jws {
 public:
  static constexpr size_t kMaxSize = 16 * 1024;

  // Refuses, in this order: kTokenTooLarge; kTokenMalformed for anything but
  // three non-empty-header strict base64url parts whose header and payload are
  // JSON objects (json.h), or a header member of the wrong type, or a missing
  // `alg`; kCriticalHeaderUnsupported for any `crit`, and for `b64` (RFC 7797).
  // jwk, jku, x5c, x5u in the header are never looked at. Never an unknown
  // algorithm: algs() is then empty, so that the type is judged first.
  static base::Result<Jws> Parse(std::string_view compact, JwsScratch& scratch);

  std::string_view alg_name() const { return alg_name_; }
  AlgSet algs() const { return algs_; }
  const std::optional<std::string_view>& kid() const { return kid_; }
  const std::optional<std::string_view>& typ() const { return typ_; }

  // For choosing the issuer's keys only: nobody has vouched for it yet.
  // Nothing where `iss` is absent or no string.
  std::optional<std::string_view> UnverifiedIssuer() const;
  // For deciding whether a fetch is worth while, never for a Reason.
  json::Value UnverifiedClaims() const { return payload_; }

  std::string_view signing_input() const { return signing_input_; }
  std::string_view signature() const { return signature_; }

  // Checks the signature with `key`, which must outlive the Payload.
  // kKeyMismatch when the key may do none of algs() & `allowed`, else
  // kSignatureInvalid.
  base::Result<Payload> Open(const Key& key, AlgSet allowed) const;

 private:
  Jws() = default;
  std::string_view signing_input_;
  std::string_view alg_name_;
  AlgSet algs_;
  std::optional<std::string_view> kid_;
  std::optional<std::string_view> typ_;
  json::Value payload_;
  std::string_view payload_text_;
  std::string_view signature_;
};

}  // namespace usher::jose
