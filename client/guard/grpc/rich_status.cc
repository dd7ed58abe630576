#include "client/guard/grpc/rich_status.h"

#include <optional>

#include "absl/strings/str_join.h"
#include "client/guard/decide/challenge.h"
#include "lib/rpc/status_details.h"

namespace usher::guard {

grpc::Status RichStatus(const Decision& refusal) {
  rpc::ErrorInfo info = {.reason = std::string(refusal.reason_name())};
  if (!refusal.scopes.empty()) {
    info.metadata["scope"] = absl::StrJoin(refusal.scopes, " ");
    info.metadata["scope_match"] =
        refusal.scope_match == ScopeMatch::kAll ? "all" : "any";
  }
  return rpc::WithDetails(
      static_cast<grpc::StatusCode>(refusal.code), refusal.message,
      {.error_info = std::move(info), .retry_delay = refusal.retry_after});
}

void AddChallenge(const Decision& refusal, std::string_view path,
                  std::multimap<std::string, std::string>& trailers) {
  if (std::optional<std::string> challenge = Challenge(refusal, path)) {
    trailers.emplace("www-authenticate", *std::move(challenge));
  }
}

}  // namespace usher::guard
