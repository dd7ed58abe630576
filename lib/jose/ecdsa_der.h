// The two forms of ECDSA signatures: JWS concatenates r and s as numbers of
// fixed size (RFC 7518 section 3.4), OpenSSL uses DER (RFC 3279 section 2.2.3).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace usher::jose {

// A SEQUENCE of two INTEGERs for the largest curve, P-521.
struct EcdsaDer {
  std::array<unsigned char, 144> bytes;
  size_t size;
};

// `joined` is r||s, both of the same size, at most 132 bytes together.
// Allocates nothing. The verification checks whether r and s are in range.
EcdsaDer EcdsaToDer(std::string_view joined);

// The inverse, for signing: r||s of `size` bytes. Nothing if `der` is not a
// signature or does not fit.
std::optional<std::string> EcdsaFromDer(std::string_view der, size_t size);

}  // namespace usher::jose
