// PEM (RFC 7468), taken apart.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/public_parts.h"

namespace usher::jose {

// The keys of the PUBLIC KEY and CERTIFICATE blocks of `pem`, in order, the
// first `limit`. Other blocks are passed over, but a private key anywhere is an
// error: it does not belong where public keys are listed. Fails too when a
// block is damaged or there is none.
absl::StatusOr<std::vector<PublicParts>> PublicKeysIn(std::string_view pem,
                                                      size_t limit);

}  // namespace usher::jose
