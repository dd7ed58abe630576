// Which service is asking, and what it may ask: mutual TLS.
//
// A caller is known by a name in its client certificate, which the TLS
// handshake has already verified against `tls.client_ca`: a URI or DNS subject
// alternative name, or, in a certificate without any of those, the common name.
// Names are compared byte for byte: no wildcards, no case folding.
#pragma once

#include <grpcpp/grpcpp.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "server/core/rpc_methods.h"

namespace usher::server {

// A service that may ask. Immutable.
struct ClientService {
  std::string name;
  std::vector<std::string> audiences;  // it may ask about these only
  unsigned rpcs = 0;                   // bit 1 << Rpc

  bool May(Rpc rpc) const { return (rpcs >> static_cast<int>(rpc)) & 1u; }
};

// Immutable, thread-safe.
class ClientServices {
 public:
  // Without configured callers nobody is asked who they are (the configuration
  // allows that on loopback only, or loudly). With callers configured, peers
  // that are none of them are refused unless `allow_anonymous`.
  ClientServices(const std::vector<config::ClientService>& configured,
                 bool allow_anonymous);

  // Who the peer is and whether it may call `rpc`. OK with null: anonymous,
  // and nobody minds. Otherwise UNAUTHENTICATED (no client certificate) or
  // PERMISSION_DENIED, with ErrorInfo CALLER_NOT_ALLOWED.
  grpc::Status Admit(const grpc::AuthContext& peer, Rpc rpc,
                     const ClientService*& client_service) const;

 private:
  const ClientService* Find(const grpc::AuthContext& peer) const;

  absl::flat_hash_map<std::string, ClientService, base::StringHash,
                      std::equal_to<>>
      by_certificate_;
  const bool allow_anonymous_;
};

}  // namespace usher::server
