#include "client/guard/grpc/internals/custom_server_credentials.h"

#include "lib/rpc/grpc_log.h"

namespace usher::guard {

#if USHER_GRPC_VERSION >= 1063

namespace {

// TLS without a certificate.
grpc_server_credentials* Unusable() {
  return grpc_ssl_server_credentials_create_ex(
      nullptr, nullptr, 0, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE, nullptr);
}

}  // namespace

CustomServerCredentials::CustomServerCredentials()
    // The base class initializes gRPC too late for its own argument.
    : grpc::ServerCredentials((grpc_init(), Unusable())) {
  grpc_shutdown();
}

#else

namespace {

// Access to a private member, as in service_methods.cc.
using Member = grpc::SecureServerCredentials* (grpc::ServerCredentials::*)();

template <Member kMember>
struct Access {
  friend Member AsSecure() { return kMember; }
};
Member AsSecure();
template struct Access<&grpc::ServerCredentials::AsSecureServerCredentials>;

}  // namespace

grpc::SecureServerCredentials*
CustomServerCredentials::AsSecureServerCredentials() {
  rpc::LogError(
      "usher: XdsServerCredentials() cannot be put around the guard's "
      "credentials: the port would have no gate. Give the guard's credentials "
      "themselves to AddListeningPort(); XdsServerBuilder accepts them");
  // TLS without a certificate: the port does not open.
  if (unusable_ == nullptr) unusable_ = grpc::SslServerCredentials({});
  return (unusable_.get()->*AsSecure())();
}

#endif

}  // namespace usher::guard
