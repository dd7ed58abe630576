// How large and of what form each field of a request may be. What a request
// asks is the Verifier's to judge; that it can be a question at all is judged
// here.
//
// A token that is too long is no wrong request: it is denied, TOKEN_TOO_LARGE,
// like any other bad token, because it comes from the calling service's caller.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/core/status.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

inline constexpr size_t kMaxAudiences = 32;
inline constexpr size_t kMaxAudienceBytes = 1024;
inline constexpr size_t kMaxScopes = 64;
inline constexpr size_t kMaxScopeBytes = 256;
inline constexpr size_t kMaxIssuerBytes = 2048;
inline constexpr int kMaxBatch = 256;
inline constexpr size_t kMaxBatchBytes = 4u << 20;

// Every fault at once; none: the request may be judged. `path` leads each field
// ("requests[3].").
FieldFaults FaultsIn(const v1::VerifyRequest& request,
                     const std::string& path = "");
FieldFaults FaultsIn(const v1::IntrospectRequest& request);
FieldFaults FaultsIn(const v1::BatchVerifyRequest& request);

}  // namespace usher::server
