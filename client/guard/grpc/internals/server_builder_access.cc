#include "client/guard/grpc/internals/server_builder_access.h"

#include "grpcpp/server.h"
#include "lib/rpc/grpc_version.h"

namespace usher::guard {
namespace {

// Access to private members, as in service_methods.cc. The type of some of them
// is private too, so each function is defined where the member is named.
template <auto kMember>
struct InterceptorCreators {
  friend size_t CountCreators(const grpc::ServerBuilder& builder) {
    return (builder.*kMember).size();
  }
};
size_t CountCreators(const grpc::ServerBuilder& builder);
template struct InterceptorCreators<
    &grpc::ServerBuilder::interceptor_creators_>;

template <auto kMember>
struct Acceptors {
  friend size_t CountAcceptors(const grpc::ServerBuilder& builder) {
    return (builder.*kMember).size();
  }
};
size_t CountAcceptors(const grpc::ServerBuilder& builder);
template struct Acceptors<&grpc::ServerBuilder::acceptors_>;

#if USHER_GRPC_VERSION >= 1065
template <auto kMember>
struct PassiveListeners {
  friend size_t CountPassive(const grpc::ServerBuilder& builder) {
    return (builder.*kMember).size();
  }
  friend void RemovePassive(grpc::ServerBuilder& builder) {
    (builder.*kMember).clear();
  }
};
size_t CountPassive(const grpc::ServerBuilder& builder);
void RemovePassive(grpc::ServerBuilder& builder);
template struct PassiveListeners<
    &grpc::ServerBuilder::unstarted_passive_listeners_>;
#else
size_t CountPassive(const grpc::ServerBuilder&) { return 0; }
void RemovePassive(grpc::ServerBuilder&) {}
#endif

template <auto kMember>
struct InitializedServer {
  friend grpc::Server* FindServer(const grpc::ServerInitializer& initializer) {
    return initializer.*kMember;
  }
};
grpc::Server* FindServer(const grpc::ServerInitializer& initializer);
template struct InitializedServer<&grpc::ServerInitializer::server_>;

}  // namespace

size_t ServerBuilderAccess::CountInterceptors(
    const grpc::ServerBuilder& builder) {
  return CountCreators(builder);
}

size_t ServerBuilderAccess::CountPortless(const grpc::ServerBuilder& builder) {
  return CountAcceptors(builder) + CountPassive(builder);
}

void ServerBuilderAccess::RemovePassiveListeners(grpc::ServerBuilder& builder) {
  RemovePassive(builder);
}

grpc_server* ServerBuilderAccess::ServerOf(
    const grpc::ServerInitializer& initializer) {
  return FindServer(initializer)->c_server();
}

}  // namespace usher::guard
