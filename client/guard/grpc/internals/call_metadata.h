// The metadata of a call, as gRPC stores it before it builds a map for
// handlers. The map costs one allocation per entry. A call whose handler never
// reads its metadata does not need it.
#pragma once

#include <span>
#include <string_view>

#include "grpc/grpc.h"
#include "grpcpp/server_context.h"

namespace usher::guard {

// The context must outlive this object. Use it before anything reads the
// context's client metadata: a map that exists does not change any more.
class CallMetadata {
 public:
  explicit CallMetadata(grpc::ServerContextBase& context);

  // Writes the first values of `key` to `values`, as many as fit. Returns how
  // many. They are views, valid as long as the call.
  size_t Find(std::string_view key, std::span<std::string_view> values) const;

  // Hides `authorization`, `authorization-bin` and `header` from handlers.
  void RemoveTokens(std::string_view header);

 private:
  grpc_metadata_array& array_;
};

}  // namespace usher::guard
