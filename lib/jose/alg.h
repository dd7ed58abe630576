// The signature algorithms of Usher: one table. Other code uses its entries and
// never lists algorithms again.
//
// Not in it, and so not expressible: `none` and every HS* (RFC 8725
// section 3.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace usher::jose {

enum class Alg : uint8_t {
  // RFC 7518 section 3.3
  kRs256,
  kRs384,
  kRs512,
  // RFC 7518 section 3.5
  kPs256,
  kPs384,
  kPs512,
  // RFC 7518 section 3.4
  kEs256,
  kEs384,
  kEs512,
  // RFC 8037, RFC 9864
  kEd25519,
  kEd448,
};
inline constexpr size_t kAlgs = static_cast<size_t>(Alg::kEd448) + 1;

enum class KeyType : uint8_t { kRsa, kEc, kOkp };
enum class Curve : uint8_t { kNone, kP256, kP384, kP521, kEd25519, kEd448 };
inline constexpr size_t kCurves = static_cast<size_t>(Curve::kEd448) + 1;
enum class Digest : uint8_t { kNone, kSha256, kSha384, kSha512 };
inline constexpr size_t kDigests = static_cast<size_t>(Digest::kSha512) + 1;
enum class Padding : uint8_t { kNone, kPkcs1, kPss };

struct AlgInfo {
  Alg alg;
  std::string_view name;  // as in the `alg` header; RFC 9864's for EdDSA
  KeyType key_type;
  Curve curve;            // kNone for RSA
  Digest digest;          // kNone: the scheme hashes by itself
  Padding padding;        // RSA only
  size_t signature_size;  // bytes; 0: the size of the modulus
};

std::span<const AlgInfo> Algs();
const AlgInfo& InfoOf(Alg alg);

// The `kty` of a JWK (RFC 7518 section 6.1, RFC 8037): "RSA", "EC", "OKP".
std::string_view Name(KeyType type);

// A set of algorithms.
class AlgSet {
 public:
  constexpr AlgSet() = default;
  constexpr AlgSet(std::initializer_list<Alg> algs) {
    for (Alg alg : algs) bits_ |= Bit(alg);
  }
  constexpr bool Has(Alg alg) const { return (bits_ & Bit(alg)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void Add(Alg alg) { bits_ |= Bit(alg); }
  friend constexpr AlgSet operator&(AlgSet a, AlgSet b) {
    return AlgSet(a.bits_ & b.bits_);
  }
  friend constexpr AlgSet operator|(AlgSet a, AlgSet b) {
    return AlgSet(a.bits_ | b.bits_);
  }
  constexpr bool operator==(const AlgSet&) const = default;
  // The member, when there is exactly one.
  constexpr std::optional<Alg> Only() const {
    if (bits_ == 0 || (bits_ & (bits_ - 1)) != 0) return std::nullopt;
    int bit = 0;
    while ((bits_ >> bit) != 1) ++bit;
    return static_cast<Alg>(bit);
  }

 private:
  using Bits = uint32_t;
  static_assert(kAlgs <= 32, "each algorithm needs a bit of its own");

  constexpr explicit AlgSet(Bits bits) : bits_(bits) {}
  static constexpr Bits Bit(Alg alg) {
    return Bits{1} << static_cast<int>(alg);
  }
  Bits bits_ = 0;
};

// The meaning of an `alg` header, or of a JWK's `alg`: one algorithm for every
// name except `EdDSA`, which means Ed25519 or Ed448, depending on the curve of
// the key (RFC 8037 section 3.1). Empty for unknown names, `none` and HS*.
// Names are compared byte for byte.
AlgSet AlgsNamed(std::string_view name);

// The meaning of `name` in a configuration: as AlgsNamed, except that `EdDSA`
// means only Ed25519; Ed448 must be listed by its own name.
AlgSet ConfiguredAlgs(std::string_view name);

// RS256 PS256 ES256 ES384 Ed25519.
AlgSet DefaultAlgs();

// Every algorithm of the table.
AlgSet AllAlgs();

// "RS256, ES256", in table order.
std::string NamesOf(AlgSet algs);

}  // namespace usher::jose
