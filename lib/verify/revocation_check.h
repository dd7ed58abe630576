// Whether a token was revoked: what a token says, looked up in the set of
// revocations.
#pragma once

#include <optional>

#include "lib/base/result.h"
#include "lib/issuer/registry.h"
#include "lib/revocation/set.h"
#include "lib/token/claims.h"

namespace usher::verify {

// kTokenRevoked, or nothing. `claims` are of a token of `issuer` whose
// signature was valid.
std::optional<base::Refusal> CheckRevocation(const revocation::Set& revoked,
                                             const issuer::Issuer& issuer,
                                             const token::Claims& claims);

}  // namespace usher::verify
