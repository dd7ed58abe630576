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

using Target = v1::RevocationTarget;
constexpr auto kTarget = std::to_array<FieldLimit>({
    {Target::kIssuerNameFieldNumber, "issuer_name", WireForm::kBytes, 1},
    {Target::kTenantFieldNumber, "tenant", WireForm::kBytes, 1},
    {Target::kTokenIdFieldNumber, "token_id", WireForm::kBytes, 1},
    {Target::kSessionIdFieldNumber, "session_id", WireForm::kBytes, 1},
    {Target::kSubjectFieldNumber, "subject", WireForm::kBytes, 1},
    {Target::kClientIdFieldNumber, "client_id", WireForm::kBytes, 1},
    {Target::kEverythingFieldNumber, "everything", WireForm::kVarint, 1},
});
constexpr MessageLimits kTargetLimits = {kTarget};

using Timestamp = google::protobuf::Timestamp;
constexpr auto kTimestamp = std::to_array<FieldLimit>({
    {Timestamp::kSecondsFieldNumber, "seconds", WireForm::kVarint, 1},
    {Timestamp::kNanosFieldNumber, "nanos", WireForm::kVarint, 1},
});
constexpr MessageLimits kTimestampLimits = {kTimestamp};

constexpr auto kRevoke = std::to_array<FieldLimit>({
    {v1::RevokeRequest::kTargetFieldNumber, "target", WireForm::kMessage, 1,
     &kTargetLimits},
    {v1::RevokeRequest::kNotIssuedAfterFieldNumber, "not_issued_after",
     WireForm::kMessage, 1, &kTimestampLimits},
    {v1::RevokeRequest::kReasonFieldNumber, "reason", WireForm::kBytes, 1},
});
constexpr MessageLimits kRevokeLimits = {kRevoke};

constexpr auto kUnrevoke = std::to_array<FieldLimit>({
    {v1::UnrevokeRequest::kTargetFieldNumber, "target", WireForm::kMessage, 1,
     &kTargetLimits},
    {v1::UnrevokeRequest::kReasonFieldNumber, "reason", WireForm::kBytes, 1},
});
constexpr MessageLimits kUnrevokeLimits = {kUnrevoke};

using List = v1::ListRevocationsRequest;
constexpr auto kListRevocations = std::to_array<FieldLimit>({
    {List::kIssuerNameFieldNumber, "issuer_name", WireForm::kBytes, 1},
    {List::kPageSizeFieldNumber, "page_size", WireForm::kVarint, 1},
    {List::kPageTokenFieldNumber, "page_token", WireForm::kBytes, 1},
});
constexpr MessageLimits kListRevocationsLimits = {kListRevocations};

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
const MessageLimits& LimitsOf(const v1::RevokeRequest&) {
  return kRevokeLimits;
}
const MessageLimits& LimitsOf(const v1::UnrevokeRequest&) {
  return kUnrevokeLimits;
}
const MessageLimits& LimitsOf(const v1::ListRevocationsRequest&) {
  return kListRevocationsLimits;
}

}  // namespace usher::server
