#include "lib/jose/sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "lib/base/json_writer.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/jose/ecdsa_der.h"
#include "lib/jose/openssl.h"
#include "lib/jose/public_numbers.h"
#include "lib/jose/signature.h"
#include "lib/json/base64url.h"

namespace usher::jose {
namespace {

absl::Status Unusable(std::string_view why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(base::Absl(why));
}

bool SetPss(EVP_PKEY_CTX* ctx, const EVP_MD* md) {
  return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
}

// The signature in OpenSSL's form, or nothing.
std::optional<std::string> RawSignature(EVP_PKEY* key, const AlgInfo& info,
                                        std::string_view input) {
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  const EVP_MD* md =
      info.digest == Digest::kNone ? nullptr : FetchedMd(info.digest);
  EVP_PKEY_CTX* pkey_ctx = nullptr;  // owned by ctx
  size_t size = 0;
  if (ctx == nullptr ||
      EVP_DigestSignInit(ctx.get(), &pkey_ctx, md, nullptr, key) != 1 ||
      (info.padding == Padding::kPss && !SetPss(pkey_ctx, md)) ||
      EVP_DigestSign(ctx.get(), nullptr, &size, Bytes(input), input.size()) !=
          1) {
    return std::nullopt;
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(ctx.get(),
                     reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(input), input.size()) != 1) {
    return std::nullopt;
  }
  signature.resize(size);
  return signature;
}

std::string JwsSignature(EVP_PKEY* key, Alg alg, std::string_view input) {
  const AlgInfo& info = InfoOf(alg);
  std::optional<std::string> signature = RawSignature(key, info, input);
  if (signature && info.key_type == KeyType::kEc) {
    signature = EcdsaFromDer(*signature, info.signature_size);
  }
  if (!signature) ERR_clear_error();
  return signature.value_or("");
}

std::string JwkOf(const PublicNumbers& numbers, Alg alg,
                  std::optional<std::string_view> kid) {
  base::JsonObject jwk;
  jwk.Add("kty", Name(numbers.type));
  if (kid) jwk.Add("kid", *kid);
  jwk.Add("alg", InfoOf(alg).name).Add("use", "sig");
  const bool rsa = numbers.type == KeyType::kRsa;
  if (!rsa) jwk.Add("crv", InfoOf(numbers.curve).name);
  jwk.Add(rsa ? "n" : "x", json::EncodeBase64Url(numbers.n_or_x));
  if (numbers.e_or_y.empty()) return jwk.Text();
  return jwk.Add(rsa ? "e" : "y", json::EncodeBase64Url(numbers.e_or_y)).Text();
}

// The public half, after a check that it fits `alg` and verifies what the
// private half signs, so that signing cannot fail later.
absl::StatusOr<PublicNumbers> CheckedNumbers(EVP_PKEY* key, Alg alg) {
  USHER_TRY(PublicNumbers numbers, NumbersOf(*key));
  json::Reader reader;
  const auto jwk = reader.Parse(JwkOf(numbers, alg, std::nullopt));
  if (!jwk) return Unusable("key cannot be written as a JWK");
  USHER_TRY(const Key public_key, Key::FromJwk(*jwk));
  if (!VerifySignature(public_key, alg, "trial",
                       JwsSignature(key, alg, "trial"))) {
    return Unusable("private and public half do not fit");
  }
  return numbers;
}

PkeyPtr NewPkey(const AlgInfo& info, int rsa_bits) {
  if (info.key_type == KeyType::kRsa) {
    return PkeyPtr(
        EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t(rsa_bits)));
  }
  const char* curve = InfoOf(info.curve).openssl_name;
  if (info.key_type == KeyType::kEc) {
    return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
  }
  return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, curve));
}

// OpenSSL would otherwise prompt at the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

struct SigningKey::Material {
  PkeyPtr pkey;
  Alg alg;
  PublicNumbers numbers;
};

absl::StatusOr<SigningKey> SigningKey::Generate(Alg alg, int rsa_bits) {
  PkeyPtr key = NewPkey(InfoOf(alg), rsa_bits);
  if (key == nullptr) return Unusable("OpenSSL made no key");
  USHER_TRY(PublicNumbers numbers, CheckedNumbers(key.get(), alg));
  return SigningKey(std::make_shared<const Material>(
      Material{std::move(key), alg, std::move(numbers)}));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(Alg alg, const Secret& pem) {
  const std::string_view text = pem.Reveal();
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    return Unusable("not a PEM with an unencrypted private key");
  }
  USHER_TRY(PublicNumbers numbers, CheckedNumbers(key.get(), alg));
  return SigningKey(std::make_shared<const Material>(
      Material{std::move(key), alg, std::move(numbers)}));
}

Alg SigningKey::alg() const { return material_->alg; }

std::string SigningKey::Sign(std::string_view input) const {
  return JwsSignature(material_->pkey.get(), material_->alg, input);
}

std::string SigningKey::SignCompact(std::string_view header,
                                    std::string_view payload) const {
  const std::string input = base::StrCat(json::EncodeBase64Url(header), '.',
                                         json::EncodeBase64Url(payload));
  return base::StrCat(input, '.', json::EncodeBase64Url(Sign(input)));
}

std::string SigningKey::PublicJwk(std::optional<std::string_view> kid) const {
  return JwkOf(material_->numbers, material_->alg, kid);
}

std::string SigningKey::PublicPem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PUBKEY(bio.get(), material_->pkey.get()) != 1) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace usher::jose
