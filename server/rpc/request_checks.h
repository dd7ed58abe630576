// The form of each field of a parsed request: which of them are required, how
// long and how many they may be. The Verifier decides about the content. How
// many elements a request may have is checked before it is parsed, too
// (request_limits.h).
//
// A token that is too long is not an error of the request: it is denied,
// TOKEN_TOO_LARGE, like any other bad token, because the caller of the client
// service sent it.
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

// Every error at once; empty: the request is valid. `path` leads each field
// ("requests[3].").
FieldViolations CheckFields(const v1::VerifyRequest& request,
                            const std::string& path = "");
FieldViolations CheckFields(const v1::IntrospectRequest& request);
FieldViolations CheckFields(const v1::BatchVerifyRequest& request);

}  // namespace usher::server
