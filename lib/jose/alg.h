// The signature algorithms Usher knows: one table. Code below it is handed the
// row and never lists algorithms again.
//
// Not here, and so not expressible: `none` and every HS* (RFC 8725
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

enum class KeyType : uint8_t { kRsa, kEc, kOkp };
enum class Curve : uint8_t { kNone, kP256, kP384, kP521, kEd25519, kEd448 };
enum class Digest : uint8_t { kNone, kSha256, kSha384, kSha512 };
enum class Padding : uint8_t { kNone, kPkcs1, kPss };

struct AlgRow {
  Alg alg;
  std::string_view name;  // as in the `alg` header; RFC 9864's for EdDSA
  KeyType key_type;
  Curve curve;            // kNone for RSA
  Digest digest;          // kNone where the scheme hashes by itself
  Padding padding;        // RSA only
  size_t signature_size;  // bytes; 0: the modulus's size
};

std::span<const AlgRow> Algs();
const AlgRow& RowOf(Alg alg);

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
  constexpr explicit AlgSet(unsigned bits) : bits_(bits) {}
  static constexpr unsigned Bit(Alg alg) { return 1u << static_cast<int>(alg); }
  unsigned bits_ = 0;
};

// What an `alg` header (or a JWK's `alg`) may mean: one algorithm for every
// name but `EdDSA`, which means Ed25519 or Ed448, as the key's curve decides
// (RFC 8037 section 3.1). Empty for unknown names, `none` and HS*. Names are
// compared byte for byte.
AlgSet AlgsNamed(std::string_view name);

// What an operator means by listing `name`: like AlgsNamed, except that `EdDSA`
// is Ed25519 alone; Ed448 has to be listed by its name.
AlgSet DefaultAlgs(std::string_view name);

// RS256 PS256 ES256 ES384 Ed25519.
AlgSet DefaultAlgs();

// "RS256, ES256", in table order.
std::string NamesOf(AlgSet algs);

}  // namespace usher::jose
