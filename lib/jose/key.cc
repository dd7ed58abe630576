#include "lib/jose/key.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/strings.h"
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

absl::Status Unusable(const std::string& why) {
  return absl::InvalidArgumentError(Absl(why));
}

// Absent is accepted, a type other than string is not.
absl::StatusOr<std::optional<std::string_view>> OptionalString(
    json::Value jwk, std::string_view name) {
  const std::optional<json::Value> value = jwk.Find(name);
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

absl::StatusOr<std::string> RequiredBytes(json::Value jwk,
                                          std::string_view name) {
  USHER_TRY(const std::string_view text, RequiredString(jwk, name));
  std::string bytes;
  if (!json::DecodeBase64Url(text, bytes)) {
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
    return Unusable("crv is not supported for this kty");
  }
  USHER_TRY(std::string x, RequiredBytes(jwk, "x"));
  std::string y;
  if (type == KeyType::kEc) {
    USHER_TRY(y, RequiredBytes(jwk, "y"));
  }
  return PublicNumbers{type, *curve, std::move(x), std::move(y)};
}

absl::StatusOr<PublicNumbers> NumbersIn(json::Value jwk) {
  USHER_TRY(const std::string_view kty, RequiredString(jwk, "kty"));
  if (kty == "oct") return Unusable("kty oct is a secret, not a public key");
  for (const std::string_view name : kPrivateMembers) {
    if (jwk.Find(name)) {
      return Unusable(StrCat("private member ", name, " is published"));
    }
  }
  if (kty == Name(KeyType::kRsa)) return RsaNumbersIn(jwk);
  for (const KeyType type : {KeyType::kEc, KeyType::kOkp}) {
    if (kty == Name(type)) return CurveNumbersIn(jwk, type);
  }
  return Unusable("kty is none of RSA, EC, OKP");
}

// RFC 7517 section 4.3: an array of distinct strings.
absl::Status CheckKeyOps(json::Value jwk) {
  const std::optional<json::Value> key_ops = jwk.Find("key_ops");
  if (!key_ops) return absl::OkStatus();
  if (!key_ops->IsArray()) return Unusable("key_ops is not an array");
  std::vector<std::string_view> ops;
  bool well_formed = true;
  bool may_verify = false;
  key_ops->ForEachElement([&](json::Value element) {
    const std::optional<std::string_view> op = element.String();
    well_formed = op && ops.size() < kMaxKeyOps &&
                  std::find(ops.begin(), ops.end(), *op) == ops.end();
    if (well_formed) ops.push_back(*op);
    may_verify = may_verify || op == "verify";
    return well_formed;
  });
  if (!well_formed) return Unusable("key_ops is not a set of strings");
  if (!may_verify) return Unusable("key_ops does not contain verify");
  return absl::OkStatus();
}

// `fit`, restricted by `use`, `key_ops` and `alg`.
absl::StatusOr<AlgSet> NarrowedAlgs(json::Value jwk, AlgSet fit) {
  USHER_TRY(const auto use, OptionalString(jwk, "use"));
  if (use && *use != "sig") return Unusable("use is not sig");
  if (absl::Status ops = CheckKeyOps(jwk); !ops.ok()) return ops;
  USHER_TRY(const auto alg, OptionalString(jwk, "alg"));
  if (!alg) return fit;
  const AlgSet narrowed = AlgsNamed(*alg) & fit;
  if (narrowed.empty()) return Unusable("alg does not fit the key");
  return narrowed;
}

std::atomic<uint64_t> last_serial = 0;

}  // namespace

absl::StatusOr<std::shared_ptr<const Key::Material>> MakeMaterial(
    const PublicNumbers& numbers, AlgSet algs, std::optional<std::string> kid) {
  USHER_TRY(PkeyPtr pkey, CheckedPkey(numbers));
  return std::make_shared<const Key::Material>(Key::Material{
      .pkey = std::move(pkey),
      .type = numbers.type,
      .bits = BitsOf(numbers),
      .rsa_size = numbers.type == KeyType::kRsa ? numbers.n_or_x.size() : 0,
      .algs = algs,
      .kid = std::move(kid),
      .thumbprint = Sha256(CanonicalJwk(numbers)),
      .serial = ++last_serial,
  });
}

absl::StatusOr<Key> Key::FromJwk(json::Value jwk) {
  if (!jwk.IsObject()) return Unusable("not an object");
  USHER_TRY(const PublicNumbers numbers, NumbersIn(jwk));
  USHER_TRY(const AlgSet algs, NarrowedAlgs(jwk, AlgsFitFor(numbers)));
  USHER_TRY(const auto kid, OptionalString(jwk, "kid"));
  if (kid && kid->size() > kMaxKidSize) {
    return Unusable(StrCat("kid is longer than ", kMaxKidSize, " bytes"));
  }
  USHER_TRY(auto material,
            MakeMaterial(numbers, algs, std::optional<std::string>(kid)));
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
uint64_t Key::serial() const { return material_->serial; }

}  // namespace usher::jose
