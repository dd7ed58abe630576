#include "lib/jose/ecdsa_der.h"

#include <openssl/ecdsa.h>

#include <algorithm>
#include <memory>

#include "lib/jose/openssl.h"

namespace usher::jose {
namespace {

constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kInteger = 0x02;
constexpr unsigned char kOneLengthByte = 0x81;

// DER requires the fewest bytes, and a zero byte in front if the first bit
// would otherwise be read as the sign.
unsigned char* WriteInteger(std::string_view number, unsigned char* to) {
  const size_t zeros =
      std::min(number.find_first_not_of('\0'), number.size() - 1);
  number.remove_prefix(zeros);
  const bool padded = (number.front() & 0x80) != 0;
  *to++ = kInteger;
  *to++ = static_cast<unsigned char>(number.size() + (padded ? 1 : 0));
  if (padded) *to++ = 0;
  return std::copy(number.begin(), number.end(), to);
}

}  // namespace

EcdsaDer EcdsaToDer(std::string_view joined) {
  std::array<unsigned char, 140> body;
  const size_t half = joined.size() / 2;
  unsigned char* end = WriteInteger(joined.substr(0, half), body.data());
  end = WriteInteger(joined.substr(half), end);
  const auto size = static_cast<size_t>(end - body.data());

  EcdsaDer der;
  unsigned char* to = der.bytes.data();
  *to++ = kSequence;
  if (size > 127) *to++ = kOneLengthByte;
  *to++ = static_cast<unsigned char>(size);
  to = std::copy(body.data(), end, to);
  der.size = static_cast<size_t>(to - der.bytes.data());
  return der;
}

std::optional<std::string> EcdsaFromDer(std::string_view der, size_t size) {
  const unsigned char* at = Bytes(der);
  const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (signature == nullptr) return std::nullopt;
  std::string joined(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(joined.data());
  const int half = static_cast<int>(size / 2);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, half) != half ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + half, half) !=
          half) {
    return std::nullopt;
  }
  return joined;
}

}  // namespace usher::jose
