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

// Continues `hash` with 16 bytes.
uint64_t MixIn(uint64_t hash, const char* bytes, const Seeds& seeds) {
  return Mix(Load(bytes) ^ seeds[2] ^ hash, Load(bytes + 8) ^ seeds[3]);
}

uint64_t Begin(uint64_t start, size_t size, const Seeds& seeds) {
  return Mix(start ^ seeds[0], size ^ seeds[1]);
}

uint64_t Hash(std::string_view text, uint64_t start) {
  const Seeds& seeds = TheSeeds();
  uint64_t hash = Begin(start, text.size(), seeds);
  size_t i = 0;
  for (; i + 16 <= text.size(); i += 16) {
    hash = MixIn(hash, text.data() + i, seeds);
  }
  char rest[16] = {};
  std::memcpy(rest, text.data() + i, text.size() - i);
  return MixIn(hash, rest, seeds);
}

// 48 bytes of a signature, in base64.
constexpr size_t kSample = 64;
static_assert(kSample % 16 == 0);

uint64_t HashOfToken(std::string_view token) {
  if (token.size() <= kSample) return Hash(token, 0);
  const Seeds& seeds = TheSeeds();
  uint64_t hash = Begin(0, token.size(), seeds);
  const char* const end = token.data() + token.size() - kSample;
  for (size_t i = 0; i < kSample; i += 16) hash = MixIn(hash, end + i, seeds);
  return hash;
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
  constexpr size_t kStep = 2 * sizeof(Words);
  if (a.size() < kStep) {
    unsigned char difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
    return difference == 0;
  }
  Words even = {}, odd = {};
  const auto compare = [&](size_t at) {
    even |= LoadWords(a.data() + at) ^ LoadWords(b.data() + at);
    odd |= LoadWords(a.data() + at + sizeof(Words)) ^
           LoadWords(b.data() + at + sizeof(Words));
  };
  for (size_t at = 0; at + kStep <= a.size(); at += kStep) compare(at);
  compare(a.size() - kStep);  // the rest, and some of what went before
  even |= odd;
  return (even[0] | even[1]) == 0;
}

}  // namespace usher::base
