#include "usher/refuse.h"

#include <map>
#include <utility>

#include "client/guard/decide/decision.h"
#include "client/guard/grpc/rich_status.h"
#include "grpcpp/server_context.h"

namespace usher {
namespace {

grpc::Status StatusFor(const guard::Decision& refusal,
                       grpc::ServerContextBase& context) {
  std::multimap<std::string, std::string> trailers;
  guard::AddChallenge(refusal, "", trailers);
  for (const auto& [key, value] : trailers) {
    context.AddTrailingMetadata(key, value);
  }
  return guard::RichStatus(refusal);
}

}  // namespace

grpc::Status RefuseScopes(grpc::ServerContextBase& context,
                          std::vector<std::string> scopes, ScopeMatch match) {
  return StatusFor(guard::RefuseScopes(std::move(scopes), match), context);
}

grpc::Status Refuse(grpc::ServerContextBase& context, Reason reason,
                    std::string_view why) {
  return StatusFor(guard::Refuse(base::Refusal{reason, std::string(why)}),
                   context);
}

}  // namespace usher
