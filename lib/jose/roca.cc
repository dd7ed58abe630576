#include "lib/jose/roca.h"

#include <array>

namespace usher::jose {
namespace {

// The flawed primes are k * M + (65537^a mod M), where M is a product of small
// primes, so modulo each of those the modulus is a power of 65537. This is rare
// for the following primes.
constexpr std::array<unsigned, 17> kPrimes = {
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157};
constexpr unsigned kGenerator = 65537;

unsigned Remainder(std::string_view number, unsigned divisor) {
  unsigned remainder = 0;
  for (const char c : number) {
    remainder = (remainder * 256 + static_cast<unsigned char>(c)) % divisor;
  }
  return remainder;
}

bool IsPowerOfGenerator(unsigned value, unsigned prime) {
  unsigned power = 1;
  do {
    if (power == value) return true;
    power = power * (kGenerator % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool HasRocaFingerprint(std::string_view modulus) {
  for (const unsigned prime : kPrimes) {
    if (!IsPowerOfGenerator(Remainder(modulus, prime), prime)) return false;
  }
  return true;
}

}  // namespace usher::jose
