// Reads PEM (RFC 7468).
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/public_numbers.h"

namespace usher::jose {

// The keys of the first `limit` PUBLIC KEY and CERTIFICATE blocks of `pem`, in
// order. Other blocks are ignored, but a private key anywhere is an error: it
// must not be among public keys. Fails too if a block is damaged or there is no
// block.
absl::StatusOr<std::vector<PublicNumbers>> PublicKeysIn(std::string_view pem,
                                                        size_t limit);

}  // namespace usher::jose
