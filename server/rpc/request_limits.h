// What a request may cost before it is parsed: how often each field may occur.
//
// A request that keeps these limits costs at most three times its bytes, and
// 2 MiB, whatever is in it (request_limits_test.cc measures it).
#pragma once

#include "lib/rpc/message_limits.h"
#include "server/rpc/request_checks.h"
#include "usher/v1/admin_service.pb.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// More than that is what all_issuers is for.
inline constexpr size_t kMaxIssuerNames = 1024;

// By the type of the argument, whose value does not matter. One for each
// message that usherd receives.
const rpc::MessageLimits& LimitsOf(const v1::VerifyRequest&);
const rpc::MessageLimits& LimitsOf(const v1::IntrospectRequest&);
const rpc::MessageLimits& LimitsOf(const v1::BatchVerifyRequest&);
const rpc::MessageLimits& LimitsOf(const v1::ExplainRequest&);
const rpc::MessageLimits& LimitsOf(const v1::ListIssuersRequest&);
const rpc::MessageLimits& LimitsOf(const v1::RefreshKeysRequest&);
const rpc::MessageLimits& LimitsOf(const v1::RevokeRequest&);
const rpc::MessageLimits& LimitsOf(const v1::UnrevokeRequest&);
const rpc::MessageLimits& LimitsOf(const v1::ListRevocationsRequest&);

}  // namespace usher::server
