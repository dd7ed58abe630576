// A compact JWS (RFC 7515 section 7.1), parsed strictly, and the only way to
// its verified payload: the key that signed it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/jose/alg.h"
#include "lib/jose/key.h"
#include "lib/json/json.h"

namespace usher::jose {

// The buffers for parsing a token. Reuse one in each thread, and parsing
// allocates nothing. ThisThread() is the one of the calling thread.
struct JwsScratch {
  json::Reader header;
  json::Reader payload;
  std::string signature;

  static JwsScratch& ThisThread();
};

// What a key signed. Only Jws::Verify() creates one. Valid as long as the Jws.
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

// Well-formed, but not verified. A view of the token's text and the scratch:
// valid until one of them is destroyed or the scratch is used again.
class Jws {
 public:
  static constexpr size_t kMaxSize = 16 * 1024;

  // Refuses, in this order: kTokenTooLarge; kTokenMalformed unless there are
  // three strict base64url parts whose header and payload are JSON objects
  // (json.h), and for a header member of the wrong type (null is absent, and so
  // is an empty kid) or a missing `alg`; it says so if the token is encrypted
  // or opaque; kCriticalHeaderUnsupported for any `crit`, and for `b64` (RFC
  // 7797). jwk, jku, x5c, x5u in the header are ignored. An unknown algorithm
  // is not refused here: algs() is then empty, and the type of the token is
  // checked first.
  static base::Result<Jws> Parse(std::string_view compact, JwsScratch& scratch);

  AlgSet algs() const { return algs_; }
  const std::optional<std::string_view>& kid() const { return kid_; }
  const std::optional<std::string_view>& typ() const { return typ_; }
  // Thumbprints of the signer's certificate (RFC 7515 sections 4.1.7 and
  // 4.1.8): only to select a key.
  const std::optional<std::string_view>& x5t() const { return x5t_; }
  const std::optional<std::string_view>& x5t_s256() const { return x5t_s256_; }

  // Only to select the issuer: no key has verified it yet. Nothing if `iss` is
  // absent or not a string.
  std::optional<std::string_view> UnverifiedIssuer() const;
  // Only to decide whether a fetch is useful, never for a Reason.
  json::Value UnverifiedClaims() const { return payload_; }
  std::string_view unverified_text() const { return payload_text_; }

  std::string_view signing_input() const { return signing_input_; }
  std::string_view signature() const { return signature_; }

  // Verifies the signature with `key`, which must outlive the Payload.
  // kKeyMismatch if the key allows none of algs() & `allowed`, else
  // kSignatureInvalid.
  base::Result<Payload> Verify(const Key& key, AlgSet allowed) const;

 private:
  Jws() = default;
  std::string_view signing_input_;
  AlgSet algs_;
  std::optional<std::string_view> kid_;
  std::optional<std::string_view> typ_;
  std::optional<std::string_view> x5t_;
  std::optional<std::string_view> x5t_s256_;
  json::Value payload_;
  std::string_view payload_text_;
  std::string_view signature_;
};

}  // namespace usher::jose
