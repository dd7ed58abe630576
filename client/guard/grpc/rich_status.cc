#include "client/guard/grpc/rich_status.h"

#include <optional>

#include "absl/strings/str_join.h"
#include "client/core/status_details.h"
#include "client/core/wire_time.h"
#include "client/guard/decide/challenge.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace usher::guard {
namespace {

google::rpc::ErrorInfo ErrorInfoOf(const Decision& refusal) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(refusal.reason_name()));
  info.set_domain(std::string(client::kErrorDomain));
  if (refusal.scopes.empty()) return info;
  auto& metadata = *info.mutable_metadata();
  metadata["scope"] = absl::StrJoin(refusal.scopes, " ");
  metadata["scope_match"] =
      refusal.scope_match == ScopeMatch::kAll ? "all" : "any";
  return info;
}

}  // namespace

grpc::Status RichStatus(const Decision& refusal) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(refusal.code));
  details.set_message(refusal.message);
  details.add_details()->PackFrom(ErrorInfoOf(refusal));
  if (refusal.retry_after) {
    google::rpc::RetryInfo retry;
    client::ToWire(*refusal.retry_after, *retry.mutable_retry_delay());
    details.add_details()->PackFrom(retry);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(refusal.code),
                      refusal.message, details.SerializeAsString());
}

void AddChallenge(const Decision& refusal, std::string_view path,
                  std::multimap<std::string, std::string>& trailers) {
  if (std::optional<std::string> challenge = Challenge(refusal, path)) {
    trailers.emplace("www-authenticate", *std::move(challenge));
  }
}

}  // namespace usher::guard
