#include "lib/json/base64url.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace usher::json {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Above the 24 bits that four characters make.
constexpr uint32_t kBad = 1u << 24;

using Table = std::array<uint32_t, 256>;

// The six bits of a character, shifted to its place in a group of four: one
// table for each place saves the shifts, and kBad stays visible after the ORs.
constexpr Table TableShiftedBy(int shift) {
  Table table{};
  for (uint32_t& entry : table) entry = kBad;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<uint32_t>(i)
                                                      << shift;
  }
  return table;
}

constexpr std::array<Table, 4> kTables = {TableShiftedBy(18),
                                          TableShiftedBy(12), TableShiftedBy(6),
                                          TableShiftedBy(0)};

uint32_t Group(const unsigned char* in, size_t count) {
  uint32_t group = 0;
  for (size_t i = 0; i < count; ++i) group |= kTables[i][in[i]];
  return group;
}

char Byte(uint32_t group, int shift) {
  return static_cast<char>((group >> shift) & 0xff);
}

}  // namespace

bool DecodeBase64Url(std::string_view text, std::string& out) {
  const size_t tail = text.size() % 4;
  if (tail == 1) return false;
  out.resize(text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1));
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  char* to = out.data();
  uint32_t seen = 0;
  for (const auto* end = in + (text.size() - tail); in != end; in += 4) {
    const uint32_t group = kTables[0][in[0]] | kTables[1][in[1]] |
                           kTables[2][in[2]] | kTables[3][in[3]];
    seen |= group;
    *to++ = Byte(group, 16);
    *to++ = Byte(group, 8);
    *to++ = Byte(group, 0);
  }
  if (tail != 0) {
    const uint32_t group = Group(in, tail);
    seen |= group;
    // Unused bits must be zero, or a second text would decode to the same
    // bytes.
    if ((group & (tail == 2 ? 0xffffu : 0xffu)) != 0) return false;
    *to++ = Byte(group, 16);
    if (tail == 3) *to++ = Byte(group, 8);
  }
  return (seen & kBad) == 0;
}

std::string EncodeBase64Url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < count; ++k) {
      group |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i + k]))
               << (16 - 8 * k);
    }
    for (size_t k = 0; k <= count; ++k) {
      out += kAlphabet[(group >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

}  // namespace usher::json
