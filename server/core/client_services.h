// The client services: which service is calling, and its rights. Mutual TLS.
//
// A client service is identified by a name in its client certificate, which the
// TLS handshake has verified against `tls.client_ca`. A configured name matches
// by its type, so that a CA that checks one type of name cannot give away one
// of another:
//
//   with "://"   a URI alternative name, byte for byte
//   otherwise    a DNS alternative name, in any case of the letters A to Z (RFC
//                4343); or the common name, byte for byte, if the certificate
//                has no alternative name of any type (RFC 6125 section 6.4.4)
//
// Wildcards match nothing, and a name with a NUL is not the name before it.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/text/strings.h"
#include "lib/config/config.h"
#include "server/core/rpc_methods.h"

namespace usher::server {

// Immutable.
struct ClientService {
  std::string name;
  std::vector<std::string> audiences;  // it can ask about these only
  unsigned rpcs = 0;                   // bit 1 << Rpc

  bool May(Rpc rpc) const { return (rpcs >> static_cast<int>(rpc)) & 1u; }
};

// "" for an anonymous one.
inline std::string_view NameOf(const ClientService* client_service) {
  return client_service ? std::string_view(client_service->name) : "";
}

// Immutable, thread-safe.
class ClientServices {
 public:
  // If none is configured, peers are not authenticated (the configuration
  // permits that on loopback only, or with insecure_allow_anonymous_callers).
  // Otherwise unknown peers are refused unless `allow_anonymous`.
  ClientServices(const std::vector<config::ClientService>& configured,
                 bool allow_anonymous);

  // Finds the client service of `peer` and checks that it can call `rpc`. OK
  // with null: an anonymous peer, which is permitted. Otherwise UNAUTHENTICATED
  // (no client certificate) or PERMISSION_DENIED, with ErrorInfo
  // CALLER_NOT_ALLOWED.
  grpc::Status Admit(const grpc::AuthContext& peer, Rpc rpc,
                     const ClientService*& client_service) const;

 private:
  const ClientService* Find(const grpc::AuthContext& peer) const;

  using ByName = absl::flat_hash_map<std::string, ClientService,
                                     base::StringHash, std::equal_to<>>;

  ByName by_uri_;
  ByName by_dns_name_;     // in lower case
  ByName by_common_name_;  // the same client services as by_dns_name_
  const bool allow_anonymous_;
};

}  // namespace usher::server
