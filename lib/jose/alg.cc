#include "lib/jose/alg.h"

#include <array>
#include <vector>

#include "lib/base/text/strings.h"

namespace usher::jose {
namespace {

using K = KeyType;
using C = Curve;
using D = Digest;
using P = Padding;

// In the order of Alg: InfoOf() uses it as the index.
constexpr std::array kTable = {
    AlgInfo{Alg::kRs256, "RS256", K::kRsa, C::kNone, D::kSha256, P::kPkcs1, 0},
    AlgInfo{Alg::kRs384, "RS384", K::kRsa, C::kNone, D::kSha384, P::kPkcs1, 0},
    AlgInfo{Alg::kRs512, "RS512", K::kRsa, C::kNone, D::kSha512, P::kPkcs1, 0},
    AlgInfo{Alg::kPs256, "PS256", K::kRsa, C::kNone, D::kSha256, P::kPss, 0},
    AlgInfo{Alg::kPs384, "PS384", K::kRsa, C::kNone, D::kSha384, P::kPss, 0},
    AlgInfo{Alg::kPs512, "PS512", K::kRsa, C::kNone, D::kSha512, P::kPss, 0},
    AlgInfo{Alg::kEs256, "ES256", K::kEc, C::kP256, D::kSha256, P::kNone, 64},
    AlgInfo{Alg::kEs384, "ES384", K::kEc, C::kP384, D::kSha384, P::kNone, 96},
    AlgInfo{Alg::kEs512, "ES512", K::kEc, C::kP521, D::kSha512, P::kNone, 132},
    AlgInfo{Alg::kEd25519, "Ed25519", K::kOkp, C::kEd25519, D::kNone, P::kNone,
            64},
    AlgInfo{Alg::kEd448, "Ed448", K::kOkp, C::kEd448, D::kNone, P::kNone, 114},
};

constexpr bool IsInOrder() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<size_t>(kTable[i].alg) != i) return false;
  }
  return true;
}
static_assert(kTable.size() == kAlgs && IsInOrder());

constexpr std::array<std::string_view, 3> kKeyTypeNames = {"RSA", "EC", "OKP"};
static_assert(kKeyTypeNames.size() == static_cast<size_t>(KeyType::kOkp) + 1);

// The polymorphic name of RFC 8037, which RFC 9864 deprecates.
constexpr std::string_view kEdDsa = "EdDSA";

}  // namespace

std::span<const AlgInfo> Algs() { return kTable; }

const AlgInfo& InfoOf(Alg alg) { return kTable[static_cast<size_t>(alg)]; }

std::string_view Name(KeyType type) {
  return kKeyTypeNames[static_cast<size_t>(type)];
}

AlgSet AlgsNamed(std::string_view name) {
  if (name == kEdDsa) return {Alg::kEd25519, Alg::kEd448};
  for (const AlgInfo& info : kTable) {
    if (info.name == name) return {info.alg};
  }
  return {};
}

AlgSet ConfiguredAlgs(std::string_view name) {
  return name == kEdDsa ? AlgSet{Alg::kEd25519} : AlgsNamed(name);
}

AlgSet DefaultAlgs() {
  return {Alg::kRs256, Alg::kPs256, Alg::kEs256, Alg::kEs384, Alg::kEd25519};
}

AlgSet AllAlgs() {
  AlgSet all;
  for (const AlgInfo& info : kTable) all.Add(info.alg);
  return all;
}

std::string NamesOf(AlgSet algs) {
  std::vector<std::string_view> names;
  for (const AlgInfo& info : kTable) {
    if (algs.Has(info.alg)) names.push_back(info.name);
  }
  return base::Join(names, ", ");
}

}  // namespace usher::jose
