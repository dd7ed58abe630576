// What a call brought, as gRPC has it before it makes a map of it for handlers.
// Making the map costs an allocation for each entry, which a call whose handler
// never looks need not pay.
#pragma once

#include <span>
#include <string_view>

#include "grpc/grpc.h"
#include "grpcpp/server_context.h"

namespace usher::guard {

// Of one call, whose context outlives this. To be used before anybody has asked
// the context for its client metadata: what is taken away later is seen.
class CallMetadata {
 public:
  explicit CallMetadata(grpc::ServerContextBase& context);

  // The first values of `key`, as many as there are places for: how many.
  // Views, valid as long as the call.
  size_t Find(std::string_view key, std::span<std::string_view> values) const;

  // From now on nobody finds `authorization`, nor its binary form.
  void TakeAuthorizationAway();

 private:
  grpc_metadata_array& array_;
};

}  // namespace usher::guard
