// ECDSA signatures have two forms: JWS joins r and s as numbers of fixed size
// (RFC 7518 section 3.4), OpenSSL speaks DER (RFC 3279 section 2.2.3).
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

// `joined` is r||s, both of the same size, at most 132 bytes in all. Allocates
// nothing. Whether r and s are in range is left to the verification.
EcdsaDer DerOfJoined(std::string_view joined);

// The other way, for signing: `size` bytes in all. Nothing if `der` is no
// signature or does not fit.
std::optional<std::string> JoinedOfDer(std::string_view der, size_t size);

}  // namespace usher::jose
