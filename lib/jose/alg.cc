#include "lib/jose/alg.h"

#include <array>
#include <vector>

#include "lib/base/strings.h"

namespace usher::jose {
namespace {

using K = KeyType;
using C = Curve;
using D = Digest;
using P = Padding;

// In the order of Alg: RowOf() indexes by it.
constexpr std::array kAlgs = {
    AlgRow{Alg::kRs256, "RS256", K::kRsa, C::kNone, D::kSha256, P::kPkcs1, 0},
    AlgRow{Alg::kRs384, "RS384", K::kRsa, C::kNone, D::kSha384, P::kPkcs1, 0},
    AlgRow{Alg::kRs512, "RS512", K::kRsa, C::kNone, D::kSha512, P::kPkcs1, 0},
    AlgRow{Alg::kPs256, "PS256", K::kRsa, C::kNone, D::kSha256, P::kPss, 0},
    AlgRow{Alg::kPs384, "PS384", K::kRsa, C::kNone, D::kSha384, P::kPss, 0},
    AlgRow{Alg::kPs512, "PS512", K::kRsa, C::kNone, D::kSha512, P::kPss, 0},
    AlgRow{Alg::kEs256, "ES256", K::kEc, C::kP256, D::kSha256, P::kNone, 64},
    AlgRow{Alg::kEs384, "ES384", K::kEc, C::kP384, D::kSha384, P::kNone, 96},
    AlgRow{Alg::kEs512, "ES512", K::kEc, C::kP521, D::kSha512, P::kNone, 132},
    AlgRow{Alg::kEd25519, "Ed25519", K::kOkp, C::kEd25519, D::kNone, P::kNone,
           64},
    AlgRow{Alg::kEd448, "Ed448", K::kOkp, C::kEd448, D::kNone, P::kNone, 114},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kAlgs.size(); ++i) {
    if (static_cast<size_t>(kAlgs[i].alg) != i) return false;
  }
  return true;
}
static_assert(IsInOrder());

// The polymorphic name RFC 8037 gave and RFC 9864 deprecates.
constexpr std::string_view kEdDsa = "EdDSA";

}  // namespace

std::span<const AlgRow> Algs() { return kAlgs; }

const AlgRow& RowOf(Alg alg) { return kAlgs[static_cast<size_t>(alg)]; }

AlgSet AlgsNamed(std::string_view name) {
  if (name == kEdDsa) return {Alg::kEd25519, Alg::kEd448};
  for (const AlgRow& row : kAlgs) {
    if (row.name == name) return {row.alg};
  }
  return {};
}

AlgSet DefaultAlgs(std::string_view name) {
  return name == kEdDsa ? AlgSet{Alg::kEd25519} : AlgsNamed(name);
}

AlgSet DefaultAlgs() {
  return {Alg::kRs256, Alg::kPs256, Alg::kEs256, Alg::kEs384, Alg::kEd25519};
}

std::string NamesOf(AlgSet algs) {
  std::vector<std::string_view> names;
  for (const AlgRow& row : kAlgs) {
    if (algs.Has(row.alg)) names.push_back(row.name);
  }
  return base::Join(names, ", ");
}

}  // namespace usher::jose
