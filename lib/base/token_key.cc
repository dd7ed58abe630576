#include "lib/base/token_key.h"

#include <array>
#include <cstring>
#include <random>

namespace usher::base {
namespace {

uint64_t Load(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of the product, folded: each bit of the result depends on every
// bit of the operands.
uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

using Seeds = std::array<uint64_t, 4>;

const Seeds& TheSeeds() {
  static const Seeds seeds = [] {
    std::random_device device;
    Seeds drawn;
    for (uint64_t& seed : drawn) {
      seed = (uint64_t{device()} << 32) | device();
    }
    return drawn;
  }();
  return seeds;
}

uint64_t Hash(std::string_view text, uint64_t start) {
  const Seeds& seeds = TheSeeds();
  uint64_t hash = Mix(start ^ seeds[0], text.size() ^ seeds[1]);
  size_t i = 0;
  for (; i + 16 <= text.size(); i += 16) {
    hash = Mix(Load(text.data() + i) ^ seeds[2] ^ hash,
               Load(text.data() + i + 8) ^ seeds[3]);
  }
  char rest[16] = {};
  std::memcpy(rest, text.data() + i, text.size() - i);
  return Mix(Load(rest) ^ seeds[2] ^ hash, Load(rest + 8) ^ seeds[3]);
}

// 48 bytes of a signature at least, in base64.
constexpr size_t kSample = 64;

uint64_t HashOfToken(std::string_view token) {
  if (token.size() <= 2 * kSample) return Hash(token, 0);
  return Hash(token.substr(token.size() - kSample),
              Hash(token.substr(0, kSample), token.size()));
}

// Two words at once.
using Words = uint64_t __attribute__((vector_size(16)));

Words LoadWords(const char* bytes) {
  Words words;
  std::memcpy(&words, bytes, sizeof words);
  return words;
}

}  // namespace

TokenKey::TokenKey(std::string_view token)
    : token_(token), token_hash_(HashOfToken(token)), hash_(token_hash_) {}

TokenKey TokenKey::For(std::span<const std::string> audiences) const {
  TokenKey key = *this;
  key.audiences_ = audiences;
  key.hash_ = token_hash_;
  for (const std::string& audience : audiences) {
    key.hash_ = Hash(audience, key.hash_);
  }
  return key;
}

bool SameToken(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  Words even = {}, odd = {};
  size_t i = 0;
  for (; i + 32 <= a.size(); i += 32) {
    even |= LoadWords(a.data() + i) ^ LoadWords(b.data() + i);
    odd |= LoadWords(a.data() + i + 16) ^ LoadWords(b.data() + i + 16);
  }
  even |= odd;
  uint64_t difference = even[0] | even[1];
  for (; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace usher::base
