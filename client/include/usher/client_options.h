// Where usherd is and how to connect to it. A value: it can be stored, copied
// and used for several clients.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "usher/secret.h"

namespace usher {

struct TlsOptions {
  // The certificate of this service, for mutual TLS. PEM.
  struct Identity {
    std::string certificate_pem;  // the leaf first, then its chain
    Secret private_key_pem;
  };

  // Trusted CA certificates, PEM. Absent: those of the system.
  std::optional<std::string> ca_pem = {};
  std::optional<Identity> identity = {};
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

  // Sends tokens over a network without encryption. Everyone who can listen
  // there can use them.
  bool insecure_allow_plaintext = false;

  // For a whole request, including all its attempts. When an attempt has used
  // its share of this time (half, of two) without an answer, the next attempt
  // starts beside it, on another replica if there is one. The first answer
  // wins.
  absl::Duration deadline = absl::Seconds(1);

  // 1: no second attempt. At most 5.
  int max_attempts = 2;
};

}  // namespace usher
