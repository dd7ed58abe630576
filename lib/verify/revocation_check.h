// Whether a token was revoked: what a token says, looked up in the set of
// revocations.
#pragma once

#include <optional>
#include <string_view>

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

// What is wrong with `tenant` in a revocation of tokens of `issuer`; nothing if
// it is right. "" is right where the issuer has no tenants.
std::optional<std::string_view> TenantError(const issuer::Issuer& issuer,
                                            std::string_view tenant);

}  // namespace usher::verify
