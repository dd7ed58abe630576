// The labels that instruments can have, with the names of their values.
#pragma once

#include <grpcpp/grpcpp.h>

#include <array>
#include <optional>
#include <string_view>

#include "lib/introspect/answer.h"
#include "lib/jwks/cache.h"
#include "lib/verify/observer.h"
#include "server/core/rpc_methods.h"
#include "server/stats/instruments.h"
#include "usher/reason.h"

namespace usher::server {

inline constexpr auto kCodeNames = std::to_array<std::string_view>(
    {"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED",
     "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
     "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
     "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"});
inline constexpr auto kVerdictSourceNames =
    std::to_array<std::string_view>({"cache", "local", "network"});
inline constexpr auto kTriggerNames = std::to_array<std::string_view>(
    {"startup", "refresh", "unknown_kid", "manual", "file_changed",
     "failed_signature"});

enum class FetchResult { kFailed, kOk };
inline constexpr auto kFetchResultNames =
    std::to_array<std::string_view>({"failed", "ok"});

template <>
struct LabelOf<Rpc> : EnumLabel<Rpc, Rpc::kRefreshKeys, kRpcNames> {
  static Label Get() { return {"method", kRpcNames}; }
};

template <>
struct LabelOf<grpc::StatusCode>
    : EnumLabel<grpc::StatusCode, grpc::StatusCode::UNAUTHENTICATED,
                kCodeNames> {
  static Label Get() { return {"code", kCodeNames}; }
};

template <>
struct LabelOf<verify::VerdictSource>
    : EnumLabel<verify::VerdictSource, verify::VerdictSource::kNetwork,
                kVerdictSourceNames> {
  static Label Get() { return {"path", kVerdictSourceNames}; }
};

template <>
struct LabelOf<jwks::Trigger>
    : EnumLabel<jwks::Trigger, jwks::Trigger::kFailedSignature, kTriggerNames> {
  static Label Get() { return {"trigger", kTriggerNames}; }
};

template <>
struct LabelOf<FetchResult>
    : EnumLabel<FetchResult, FetchResult::kOk, kFetchResultNames> {
  static Label Get() { return {"result", kFetchResultNames}; }
};

// How an issuer answered about a token: an index of introspect::kResultLabels.
enum class IntrospectionResult {};
template <>
struct LabelOf<IntrospectionResult> {
  static constexpr size_t kSize = introspect::kResultLabels.size();
  static Label Get() { return {"result", introspect::kResultLabels}; }
  static size_t Index(IntrospectionResult result) {
    return static_cast<size_t>(result);
  }
  static IntrospectionResult At(size_t index) {
    return static_cast<IntrospectionResult>(index);
  }
};

// The result of a verdict: no reason, VERIFIED, is at 0.
using VerdictResult = std::optional<Reason>;
template <>
struct LabelOf<VerdictResult> {
  static constexpr size_t kSize = kReasonsEnd;
  static_assert(static_cast<size_t>(Reason::kTokenMissing) > 0);
  static Label Get();
  static size_t Index(VerdictResult result) {
    return result ? static_cast<size_t>(*result) : 0;
  }
  static VerdictResult At(size_t index) {
    if (index == 0) return std::nullopt;
    return static_cast<Reason>(index);
  }
};

}  // namespace usher::server
