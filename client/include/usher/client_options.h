// Where usherd is and how to connect to it. A value: it can be stored, copied
// and used for several clients.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "usher/secret.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace usher {

// Files are read when the client is created and then every second. When their
// content has changed and can be used, the client connects anew with it;
// requests in flight finish on the old connections. A change that cannot be
// used (a half-written file, a key of another certificate) changes nothing and
// is written to gRPC's log.
struct TlsOptions {
  // The certificate of this service, for mutual TLS. PEM.
  struct Identity {
    std::string certificate_pem;  // the leaf first, then its chain
    Secret private_key_pem;
  };
  // The same as paths of files.
  struct IdentityFiles {
    std::string certificate;
    std::string private_key;
  };

  // Trusted CA certificates, as PEM or as the path of a PEM file. Neither:
  // those of the system.
  std::optional<std::string> ca_pem = {};
  std::optional<std::string> ca_file = {};
  // At most one of the two. Neither: no client certificate.
  std::optional<Identity> identity = {};
  std::optional<IdentityFiles> identity_files = {};
  // The name that usherd's certificate must have, if it is not the one in
  // `target`. Needed if `target` is a list of addresses.
  std::optional<std::string> server_name = {};
};

struct ClientOptions {
  // One of
  //   dns:///usher:9443, usher:9443         every address of that name
  //   10.0.0.1:9443,10.0.0.2:9443           these addresses
  //   ipv4:10.0.0.1:9443,10.0.0.2:9443      the same
  //   unix:/run/usher/usherd.sock
  // Calls are spread over all replicas whose health check says that they serve.
  std::string target = {};

  // Absent: plaintext, which is allowed only for loopback and Unix socket
  // targets.
  std::optional<TlsOptions> tls = TlsOptions{};

  // Your own credentials (ALTS, xDS, a certificate provider ...), instead of
  // `tls`, which must then have its default value. It is your task that they
  // encrypt: tokens are sent over them to any target.
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;

  // Sends tokens over a network without encryption. Everyone who can listen
  // there can use them.
  bool insecure_allow_plaintext = false;

  // For a whole request, including all its attempts. When an attempt has used
  // its share of this time (half, of two) without an answer, the next attempt
  // starts beside it, on another replica if there is one. The first answer
  // wins.
  //
  // The default is longer than the longest wait of usherd (2 s), so that a slow
  // answer is not mistaken for silence.
  absl::Duration deadline = absl::Milliseconds(2500);

  // 1: no second attempt. At most 5.
  int max_attempts = 2;
};

}  // namespace usher
