#include "server/rpc/request_limits.h"

#include <array>

namespace usher::server {
namespace {

using rpc::FieldLimit;
using rpc::MessageLimits;
using rpc::WireForm;

constexpr auto kVerify = std::to_array<FieldLimit>({
    {v1::VerifyRequest::kTokenFieldNumber, "token", WireForm::kBytes, 1},
    {v1::VerifyRequest::kAudiencesFieldNumber, "audiences", WireForm::kBytes,
     kMaxAudiences},
    {v1::VerifyRequest::kScopesFieldNumber, "scopes", WireForm::kBytes,
     kMaxScopes},
    {v1::VerifyRequest::kScopeMatchFieldNumber, "scope_match",
     WireForm::kVarint, 1},
    {v1::VerifyRequest::kKindFieldNumber, "kind", WireForm::kVarint, 1},
    {v1::VerifyRequest::kIssuerFieldNumber, "issuer", WireForm::kBytes, 1},
    {v1::VerifyRequest::kCheckAtIssuerFieldNumber, "check_at_issuer",
     WireForm::kVarint, 1},
});
constexpr MessageLimits kVerifyLimits = {kVerify};

constexpr auto kIntrospect = std::to_array<FieldLimit>({
    {v1::IntrospectRequest::kTokenFieldNumber, "token", WireForm::kBytes, 1},
    {v1::IntrospectRequest::kAudiencesFieldNumber, "audiences",
     WireForm::kBytes, kMaxAudiences},
    {v1::IntrospectRequest::kIssuerFieldNumber, "issuer", WireForm::kBytes, 1},
    {v1::IntrospectRequest::kCheckAtIssuerFieldNumber, "check_at_issuer",
     WireForm::kVarint, 1},
});
constexpr MessageLimits kIntrospectLimits = {kIntrospect};

constexpr auto kBatch = std::to_array<FieldLimit>({
    {v1::BatchVerifyRequest::kRequestsFieldNumber, "requests",
     WireForm::kMessage, kMaxBatch, &kVerifyLimits},
});
constexpr MessageLimits kBatchLimits = {kBatch};

constexpr auto kExplain = std::to_array<FieldLimit>({
    {v1::ExplainRequest::kRequestFieldNumber, "request", WireForm::kMessage, 1,
     &kVerifyLimits},
});
constexpr MessageLimits kExplainLimits = {kExplain};

constexpr MessageLimits kListIssuersLimits = {};

constexpr auto kRefreshKeys = std::to_array<FieldLimit>({
    {v1::RefreshKeysRequest::kIssuerNamesFieldNumber, "issuer_names",
     WireForm::kBytes, kMaxIssuerNames},
    {v1::RefreshKeysRequest::kAllIssuersFieldNumber, "all_issuers",
     WireForm::kVarint, 1},
});
constexpr MessageLimits kRefreshKeysLimits = {kRefreshKeys};

}  // namespace

const MessageLimits& LimitsOf(const v1::VerifyRequest&) {
  return kVerifyLimits;
}
const MessageLimits& LimitsOf(const v1::IntrospectRequest&) {
  return kIntrospectLimits;
}
const MessageLimits& LimitsOf(const v1::BatchVerifyRequest&) {
  return kBatchLimits;
}
const MessageLimits& LimitsOf(const v1::ExplainRequest&) {
  return kExplainLimits;
}
const MessageLimits& LimitsOf(const v1::ListIssuersRequest&) {
  return kListIssuersLimits;
}
const MessageLimits& LimitsOf(const v1::RefreshKeysRequest&) {
  return kRefreshKeysLimits;
}

}  // namespace usher::server
