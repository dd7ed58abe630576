#include "lib/jose/key.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <span>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/jose/material.h"
#include "lib/json/base64url.h"

namespace usher::jose {
namespace {

using base::Absl;
using base::StrCat;

constexpr size_t kMaxKidSize = 256;
constexpr size_t kMaxKeyOps = 16;

// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1.
constexpr std::array<std::string_view, 8> kPrivateMembers = {
    "d", "p", "q", "dp", "dq", "qi", "oth", "k"};

// What only keys for encryption and key agreement have. RFC 7518 section 4.1.
constexpr auto kEncryptionAlgs = std::to_array<std::string_view>(
    {"RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512",
     "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"});
// RFC 7517 section 4.3.
constexpr auto kEncryptionOps = std::to_array<std::string_view>(
    {"encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"});
// RFC 8037 section 3.2.
constexpr auto kEncryptionCurves =
    std::to_array<std::string_view>({"X25519", "X448"});
// RFC 7517 section 4.2, SPIFFE Trust Domain and Bundle section 4.2.2.
constexpr auto kSignatureUses =
    std::to_array<std::string_view>({"sig", "jwt-svid"});
constexpr auto kOtherUses =
    std::to_array<std::string_view>({"enc", "x509-svid"});

bool IsOneOf(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status Unusable(const std::string& why) {
  return absl::InvalidArgumentError(Absl(why));
}

absl::Status OtherPurpose(const std::string& why) {
  return absl::FailedPreconditionError(Absl(why));
}

// The member, unless it is null or empty: many serializers write a member that
// is absent as null, "" or [].
std::optional<json::Value> FindMember(json::Value jwk, std::string_view name) {
  const std::optional<json::Value> value = jwk.Find(name);
  if (!value || value->type() == json::Value::Type::kNull) return std::nullopt;
  if (value->String() == "") return std::nullopt;
  bool is_empty = value->IsArray();
  value->ForEachElement([&](json::Value) { return is_empty = false; });
  return is_empty ? std::nullopt : value;
}

// Absent is accepted, a type other than string is not.
absl::StatusOr<std::optional<std::string_view>> OptionalString(
    json::Value jwk, std::string_view name) {
  const std::optional<json::Value> value = FindMember(jwk, name);
  if (!value) return std::nullopt;
  const std::optional<std::string_view> text = value->String();
  if (!text) return Unusable(StrCat(name, " is not a string"));
  return text;
}

absl::StatusOr<std::string_view> RequiredString(json::Value jwk,
                                                std::string_view name) {
  USHER_TRY(const auto text, OptionalString(jwk, name));
  if (!text) return Unusable(StrCat(name, " is missing"));
  return *text;
}

// Some providers write padding, or base64 instead of base64url, against RFC
// 7518 section 2. The number, and so the thumbprint, is the same.
std::string InBase64Url(std::string_view text) {
  std::string url(text);
  for (int i = 0; i < 2 && url.ends_with('='); ++i) url.pop_back();
  std::replace(url.begin(), url.end(), '+', '-');
  std::replace(url.begin(), url.end(), '/', '_');
  return url;
}

absl::StatusOr<std::string> RequiredBytes(json::Value jwk,
                                          std::string_view name) {
  USHER_TRY(const std::string_view text, RequiredString(jwk, name));
  std::string bytes;
  if (!json::DecodeBase64Url(InBase64Url(text), bytes)) {
    return Unusable(StrCat(name, " is not base64url"));
  }
  return bytes;
}

// Some providers send the sign byte of a DER INTEGER too, which RFC 7518
// section 6.3.1.1 forbids. It is removed: the number, and so the thumbprint, is
// the same.
std::string WithoutLeadingZeros(std::string number) {
  number.erase(0, number.find_first_not_of('\0'));
  return number;
}

// Others write a coordinate as a number, without its leading zeros (one key in
// 128) or with a sign byte, against RFC 7518 section 6.2.1.2. Whether the point
// is on the curve is checked later.
std::string PaddedTo(size_t size, std::string number) {
  number = WithoutLeadingZeros(std::move(number));
  if (number.size() < size) number.insert(0, size - number.size(), '\0');
  return number;
}

absl::StatusOr<PublicNumbers> RsaNumbersIn(json::Value jwk) {
  USHER_TRY(std::string n, RequiredBytes(jwk, "n"));
  USHER_TRY(std::string e, RequiredBytes(jwk, "e"));
  return PublicNumbers{KeyType::kRsa, Curve::kNone,
                       WithoutLeadingZeros(std::move(n)),
                       WithoutLeadingZeros(std::move(e))};
}

absl::StatusOr<PublicNumbers> CurveNumbersIn(json::Value jwk, KeyType type) {
  USHER_TRY(const std::string_view crv, RequiredString(jwk, "crv"));
  const std::optional<Curve> curve = CurveNamed(crv);
  if (!curve || InfoOf(*curve).key_type != type) {
    if (type == KeyType::kOkp && IsOneOf(kEncryptionCurves, crv)) {
      return OtherPurpose("crv is for key agreement");
    }
    return Unusable("crv is not supported for this kty");
  }
  USHER_TRY(std::string x, RequiredBytes(jwk, "x"));
  // The x of an OKP key is a byte string, not a number (RFC 8037 section 2).
  if (type == KeyType::kOkp) return PublicNumbers{type, *curve, x, ""};
  USHER_TRY(std::string y, RequiredBytes(jwk, "y"));
  const size_t size = InfoOf(*curve).size;
  return PublicNumbers{type, *curve, PaddedTo(size, std::move(x)),
                       PaddedTo(size, std::move(y))};
}

absl::Status CheckNoSecret(json::Value jwk) {
  USHER_TRY(const std::string_view kty, RequiredString(jwk, "kty"));
  if (kty == "oct") return Unusable("kty oct is a secret, not a public key");
  for (const std::string_view name : kPrivateMembers) {
    if (FindMember(jwk, name)) {
      return Unusable(StrCat("private member ", name, " is published"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<PublicNumbers> NumbersIn(json::Value jwk) {
  USHER_TRY(const std::string_view kty, RequiredString(jwk, "kty"));
  if (kty == Name(KeyType::kRsa)) return RsaNumbersIn(jwk);
  for (const KeyType type : {KeyType::kEc, KeyType::kOkp}) {
    if (kty == Name(type)) return CurveNumbersIn(jwk, type);
  }
  return Unusable("kty is none of RSA, EC, OKP");
}

// RFC 7517 section 4.3: an array of distinct strings.
absl::Status CheckKeyOps(json::Value jwk) {
  const std::optional<json::Value> key_ops = FindMember(jwk, "key_ops");
  if (!key_ops) return absl::OkStatus();
  if (!key_ops->IsArray()) return Unusable("key_ops is not an array");
  std::vector<std::string_view> ops;
  bool well_formed = true;
  bool may_verify = false;
  bool encrypts = true;
  key_ops->ForEachElement([&](json::Value element) {
    const std::optional<std::string_view> op = element.String();
    well_formed = op && ops.size() < kMaxKeyOps &&
                  std::find(ops.begin(), ops.end(), *op) == ops.end();
    if (well_formed) ops.push_back(*op);
    may_verify = may_verify || op == "verify";
    encrypts = encrypts && op && IsOneOf(kEncryptionOps, *op);
    return well_formed;
  });
  if (!well_formed) return Unusable("key_ops is not a set of strings");
  if (may_verify) return absl::OkStatus();
  if (encrypts) return OtherPurpose("key_ops are for encryption");
  return Unusable("key_ops does not contain verify");
}

// By `use`, `key_ops` and `alg`.
absl::Status CheckPurpose(json::Value jwk) {
  USHER_TRY(const auto use, OptionalString(jwk, "use"));
  if (use && IsOneOf(kOtherUses, *use)) {
    return OtherPurpose(StrCat("use is ", *use));
  }
  if (use && !IsOneOf(kSignatureUses, *use)) return Unusable("use is not sig");
  USHER_TRY(const auto alg, OptionalString(jwk, "alg"));
  if (alg && IsOneOf(kEncryptionAlgs, *alg)) {
    return OtherPurpose("alg is for encryption");
  }
  return CheckKeyOps(jwk);
}

// `fit`, restricted by `alg`.
absl::StatusOr<AlgSet> NarrowedAlgs(json::Value jwk, AlgSet fit) {
  USHER_TRY(const auto alg, OptionalString(jwk, "alg"));
  if (!alg) return fit;
  const AlgSet narrowed = AlgsNamed(*alg) & fit;
  if (narrowed.empty()) return Unusable("alg does not fit the key");
  return narrowed;
}

// From `x5t` and `x5t#S256`, or else from the first certificate of `x5c`. They
// are hints, so what cannot be read is ignored.
CertificateThumbprints CertificateIn(json::Value jwk) {
  constexpr size_t kMaxThumbprint = 64;
  constexpr size_t kMaxCertificate = 16 * 1024;
  CertificateThumbprints found;
  if (const auto x5c = FindMember(jwk, "x5c")) {
    x5c->ForEachElement([&](json::Value first) {
      const std::optional<std::string_view> text = first.String();
      if (!text || text->size() > kMaxCertificate) return false;
      std::string der(text->size(), '\0');
      const int size =
          EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                          Bytes(*text), static_cast<int>(text->size()));
      const size_t padding = text->ends_with("==") ? 2 : text->ends_with('=');
      if (size < 0 || static_cast<size_t>(size) <= padding) return false;
      der.resize(static_cast<size_t>(size) - padding);
      found = CertificateThumbprints::Of(der);
      return false;
    });
  }
  const auto read = [&](std::string_view name, std::string& out) {
    const auto member = FindMember(jwk, name);
    const auto text = member ? member->String() : std::nullopt;
    if (text && text->size() <= kMaxThumbprint) out = std::string(*text);
  };
  read("x5t", found.x5t);
  read("x5t#S256", found.x5t_s256);
  return found;
}

std::atomic<uint64_t> last_serial = 0;

}  // namespace

CertificateThumbprints CertificateThumbprints::Of(std::string_view der) {
  const auto thumbprint = [&](const char* digest) {
    std::string bytes(kMaxDigestSize, '\0');
    size_t size = 0;
    if (EVP_Q_digest(nullptr, digest, nullptr, der.data(), der.size(),
                     reinterpret_cast<unsigned char*>(bytes.data()),
                     &size) != 1) {
      return std::string();
    }
    bytes.resize(size);
    return json::EncodeBase64Url(bytes);
  };
  return {thumbprint("SHA1"), thumbprint("SHA256")};
}

absl::StatusOr<std::shared_ptr<const Key::Material>> MakeMaterial(
    const PublicNumbers& numbers, AlgSet algs, std::optional<std::string> kid,
    CertificateThumbprints certificate) {
  USHER_TRY(PkeyPtr pkey, CheckedPkey(numbers));
  return std::make_shared<const Key::Material>(Key::Material{
      .pkey = std::move(pkey),
      .type = numbers.type,
      .bits = BitsOf(numbers),
      .rsa_size = numbers.type == KeyType::kRsa ? numbers.n_or_x.size() : 0,
      .algs = algs,
      .kid = std::move(kid),
      .thumbprint = Sha256(CanonicalJwk(numbers)),
      .certificate = std::move(certificate),
      .serial = ++last_serial,
  });
}

absl::StatusOr<Key> Key::FromJwk(json::Value jwk) {
  if (!jwk.IsObject()) return Unusable("not an object");
  if (absl::Status secret = CheckNoSecret(jwk); !secret.ok()) return secret;
  if (absl::Status purpose = CheckPurpose(jwk); !purpose.ok()) return purpose;
  USHER_TRY(const PublicNumbers numbers, NumbersIn(jwk));
  USHER_TRY(const AlgSet algs, NarrowedAlgs(jwk, AlgsFitFor(numbers)));
  USHER_TRY(const auto kid, OptionalString(jwk, "kid"));
  if (kid && kid->size() > kMaxKidSize) {
    return Unusable(StrCat("kid is longer than ", kMaxKidSize, " bytes"));
  }
  USHER_TRY(auto material,
            MakeMaterial(numbers, algs, std::optional<std::string>(kid),
                         CertificateIn(jwk)));
  Key key(std::move(material));
  USHER_TRY(const auto issuer, OptionalString(jwk, "issuer"));
  if (issuer) key.issuer_ = std::make_shared<const std::string>(*issuer);
  return key;
}

const std::optional<std::string>& Key::kid() const { return material_->kid; }
AlgSet Key::algs() const { return material_->algs; }
KeyType Key::type() const { return material_->type; }
int Key::bits() const { return material_->bits; }
const Sha256Digest& Key::thumbprint() const { return material_->thumbprint; }

bool Key::HasCertificate(std::optional<std::string_view> x5t,
                         std::optional<std::string_view> x5t_s256) const {
  const CertificateThumbprints& own = material_->certificate;
  if (x5t_s256 && !own.x5t_s256.empty()) return *x5t_s256 == own.x5t_s256;
  return x5t && !own.x5t.empty() && *x5t == own.x5t;
}

bool Key::IsSameAs(const Key& other) const {
  return kid() == other.kid() && thumbprint() == other.thumbprint() &&
         algs() == other.algs() &&
         material_->certificate == other.material_->certificate &&
         (issuer_ ? other.issuer_ && *issuer_ == *other.issuer_
                  : !other.issuer_);
}

uint64_t Key::serial() const { return material_->serial; }

}  // namespace usher::jose
