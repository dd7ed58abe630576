// Reads PEM (RFC 7468).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/material.h"
#include "lib/jose/public_numbers.h"

namespace usher::jose {

// One block that should hold a public key.
struct PemBlock {
  std::string name;  // for a message: "block 2 (CERTIFICATE)"
  absl::StatusOr<PublicNumbers> numbers;
  CertificateThumbprints certificate;  // of a CERTIFICATE
};

// The first `limit` blocks of `pem`, in order: PUBLIC KEY, RSA PUBLIC KEY and
// CERTIFICATE, and those that cannot be used, each with the reason. Parameters
// are left out. A private key anywhere is an error, because it must not be
// among public keys; so is a text without any block.
absl::StatusOr<std::vector<PemBlock>> PemBlocksIn(std::string_view pem,
                                                  size_t limit);

}  // namespace usher::jose
