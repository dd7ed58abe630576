#include "lib/jose/public_numbers.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <array>
#include <bit>

#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/jose/roca.h"
#include "lib/json/base64url.h"

namespace usher::jose {
namespace {

using base::Absl;
using base::StrCat;

// In the order of Curve, without kNone: InfoOf() uses it as the index.
constexpr std::array kCurveTable = {
    CurveInfo{Curve::kP256, "P-256", KeyType::kEc, "P-256", 32, 256},
    CurveInfo{Curve::kP384, "P-384", KeyType::kEc, "P-384", 48, 384},
    CurveInfo{Curve::kP521, "P-521", KeyType::kEc, "P-521", 66, 521},
    CurveInfo{Curve::kEd25519, "Ed25519", KeyType::kOkp, "ED25519", 32, 255},
    CurveInfo{Curve::kEd448, "Ed448", KeyType::kOkp, "ED448", 57, 448},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kCurveTable.size(); ++i) {
    if (static_cast<size_t>(kCurveTable[i].curve) != i + 1) return false;
  }
  return true;
}
static_assert(kCurveTable.size() + 1 == kCurves && IsInOrder());

constexpr int kMinRsaBits = 2048;  // RFC 7518 section 3.3
constexpr int kMaxRsaBits = 8192;  // above, one check costs a millisecond
// What a check costs grows with the bits of the exponent, whether the token is
// good or forged. 65537 is what nearly everybody uses.
constexpr int kMaxExponentBits = 33;

using ParamsPtr = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using BuilderPtr =
    std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;

absl::Status Unusable(const std::string& why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(Absl(why));
}

BignumPtr ToBignum(std::string_view bytes) {
  return BignumPtr(
      BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::optional<std::string> NumberOf(const EVP_PKEY& key, const char* name,
                                    size_t padded_size) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(&key, name, &number) != 1) return std::nullopt;
  const BignumPtr owner(number);
  const int size =
      padded_size != 0 ? static_cast<int>(padded_size) : BN_num_bytes(number);
  std::string bytes(static_cast<size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  if (BN_bn2binpad(number, out, size) != size) return std::nullopt;
  return bytes;
}

PkeyPtr PkeyFrom(const char* kind, OSSL_PARAM_BLD* builder) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || ctx == nullptr ||
      EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
      EVP_PKEY_fromdata(ctx.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) !=
          1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

int BitLength(std::string_view number) {
  if (number.empty()) return 0;
  const auto top = static_cast<unsigned char>(number.front());
  return static_cast<int>(number.size() - 1) * 8 + std::bit_width(top);
}

bool IsOdd(std::string_view number) {
  return !number.empty() && (number.back() & 1) != 0;
}

absl::StatusOr<PkeyPtr> CheckedRsa(const PublicNumbers& numbers) {
  const int bits = BitLength(numbers.n_or_x);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return Unusable(StrCat("RSA modulus has ", bits, " bits, not ", kMinRsaBits,
                           " to ", kMaxRsaBits));
  }
  if (!IsOdd(numbers.n_or_x)) return Unusable("RSA modulus is even");
  const int exponent_bits = BitLength(numbers.e_or_y);
  if (!IsOdd(numbers.e_or_y) || exponent_bits < 2 ||
      exponent_bits > kMaxExponentBits) {
    return Unusable("RSA exponent is even, below 3 or above 33 bits");
  }
  if (HasRocaFingerprint(numbers.n_or_x)) {
    return Unusable("RSA key was made by a flawed generator (CVE-2017-15361)");
  }
  const BignumPtr n = ToBignum(numbers.n_or_x);
  const BignumPtr e = ToBignum(numbers.e_or_y);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  PkeyPtr key = PkeyFrom("RSA", builder.get());
  if (key == nullptr) return Unusable("RSA key was refused by OpenSSL");
  return key;
}

absl::StatusOr<PkeyPtr> CheckedEc(const PublicNumbers& numbers) {
  const CurveInfo& info = InfoOf(numbers.curve);
  if (numbers.n_or_x.size() != info.size ||
      numbers.e_or_y.size() != info.size) {
    return Unusable(StrCat("EC coordinate is not ", info.size, " bytes long"));
  }
  const std::string point = StrCat('\x04', numbers.n_or_x, numbers.e_or_y);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                  info.openssl_name, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                   point.data(), point.size());
  PkeyPtr key = PkeyFrom("EC", builder.get());
  if (key == nullptr) return Unusable("EC point is not on its curve");
  // OpenSSL's own decoding has checked this; other providers may not.
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new(key.get(), nullptr));
  if (ctx == nullptr || EVP_PKEY_public_check_quick(ctx.get()) != 1) {
    return Unusable("EC point is not on its curve");
  }
  return key;
}

absl::StatusOr<PkeyPtr> CheckedOkp(const PublicNumbers& numbers) {
  const CurveInfo& info = InfoOf(numbers.curve);
  if (numbers.n_or_x.size() != info.size) {
    return Unusable(StrCat("OKP key is not ", info.size, " bytes long"));
  }
  PkeyPtr key(EVP_PKEY_new_raw_public_key_ex(
      nullptr, info.openssl_name, nullptr, Bytes(numbers.n_or_x), info.size));
  if (key == nullptr) return Unusable("OKP key was refused by OpenSSL");
  return key;
}

absl::StatusOr<PublicNumbers> RsaNumbersOf(const EVP_PKEY& key) {
  const auto n = NumberOf(key, OSSL_PKEY_PARAM_RSA_N, 0);
  const auto e = NumberOf(key, OSSL_PKEY_PARAM_RSA_E, 0);
  if (!n || !e) return Unusable("RSA key cannot be read");
  return PublicNumbers{KeyType::kRsa, Curve::kNone, *n, *e};
}

absl::StatusOr<PublicNumbers> EcNumbersOf(const EVP_PKEY& key) {
  char group[64] = {};
  if (EVP_PKEY_get_group_name(&key, group, sizeof(group), nullptr) != 1) {
    return Unusable("EC key names no curve");
  }
  for (const CurveInfo& info : kCurveTable) {
    if (info.key_type != KeyType::kEc ||
        OBJ_sn2nid(group) != EC_curve_nist2nid(info.openssl_name)) {
      continue;
    }
    const auto x = NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, info.size);
    const auto y = NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, info.size);
    if (!x || !y) return Unusable("EC key cannot be read");
    return PublicNumbers{KeyType::kEc, info.curve, *x, *y};
  }
  return Unusable("EC curve is none of P-256, P-384, P-521");
}

absl::StatusOr<PublicNumbers> OkpNumbersOf(const EVP_PKEY& key, Curve curve) {
  std::string x(InfoOf(curve).size, '\0');
  size_t size = x.size();
  if (EVP_PKEY_get_raw_public_key(
          &key, reinterpret_cast<unsigned char*>(x.data()), &size) != 1 ||
      size != x.size()) {
    return Unusable("OKP key cannot be read");
  }
  return PublicNumbers{KeyType::kOkp, curve, std::move(x), ""};
}

}  // namespace

const CurveInfo& InfoOf(Curve curve) {
  return kCurveTable[static_cast<size_t>(curve) - 1];
}

std::optional<Curve> CurveNamed(std::string_view crv) {
  for (const CurveInfo& info : kCurveTable) {
    if (info.name == crv) return info.curve;
  }
  return std::nullopt;
}

absl::StatusOr<PublicNumbers> NumbersOf(const EVP_PKEY& key) {
  switch (EVP_PKEY_get_base_id(&key)) {
    case EVP_PKEY_RSA:
      return RsaNumbersOf(key);
    case EVP_PKEY_EC:
      return EcNumbersOf(key);
    case EVP_PKEY_ED25519:
      return OkpNumbersOf(key, Curve::kEd25519);
    case EVP_PKEY_ED448:
      return OkpNumbersOf(key, Curve::kEd448);
    default:
      return Unusable("key is none of RSA, EC, Ed25519, Ed448");
  }
}

absl::StatusOr<PkeyPtr> CheckedPkey(const PublicNumbers& numbers) {
  switch (numbers.type) {
    case KeyType::kRsa:
      return CheckedRsa(numbers);
    case KeyType::kEc:
      return CheckedEc(numbers);
    case KeyType::kOkp:
      break;
  }
  return CheckedOkp(numbers);
}

int BitsOf(const PublicNumbers& numbers) {
  return numbers.type == KeyType::kRsa ? BitLength(numbers.n_or_x)
                                       : InfoOf(numbers.curve).bits;
}

AlgSet AlgsFitFor(const PublicNumbers& numbers) {
  AlgSet algs;
  for (const AlgInfo& info : Algs()) {
    if (info.key_type == numbers.type && info.curve == numbers.curve) {
      algs.Add(info.alg);
    }
  }
  return algs;
}

std::string CanonicalJwk(const PublicNumbers& numbers) {
  base::JsonObject jwk;
  const std::string_view kty = Name(numbers.type);
  const std::string n_or_x = json::EncodeBase64Url(numbers.n_or_x);
  const std::string e_or_y = json::EncodeBase64Url(numbers.e_or_y);
  if (numbers.type == KeyType::kRsa) {
    return jwk.Add("e", e_or_y).Add("kty", kty).Add("n", n_or_x).Text();
  }
  jwk.Add("crv", InfoOf(numbers.curve).name).Add("kty", kty).Add("x", n_or_x);
  if (numbers.type == KeyType::kEc) jwk.Add("y", e_or_y);
  return jwk.Text();
}

}  // namespace usher::jose
