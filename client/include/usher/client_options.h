// Where usherd is and how to talk to it.
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "usher/secret.h"

namespace usher {

struct TlsOptions {
  // What this service shows usherd (mutual TLS). PEM.
  struct Identity {
    std::string certificate_pem;  // the leaf first, then its chain
    Secret private_key_pem;
  };

  // Whom to believe, PEM. Absent: the authorities of the system.
  std::optional<std::string> ca_pem = {};
  std::optional<Identity> identity = {};
  // The name that usherd's certificate must bear, where it is not the one in
  // `target`: for targets that are addresses.
  std::optional<std::string> server_name = {};
};

struct ClientOptions {
  // One of
  //   dns:///usher:9443, usher:9443         every address of that name
  //   10.0.0.1:9443,10.0.0.2:9443           these addresses
  //   ipv4:10.0.0.1:9443,10.0.0.2:9443      the same
  //   unix:/run/usher/usherd.sock
  // Calls go round the addresses that say (by health check) that they serve.
  std::string target;

  // Absent: plaintext, which only loopback and Unix socket targets may use.
  std::optional<TlsOptions> tls = TlsOptions{};

  // Sends tokens in the clear over a network. Whoever listens can use them.
  bool insecure_allow_plaintext = false;

  // For a question as a whole, all its attempts included. An attempt that has
  // had its share of this without an answer (half, of two) is joined by the
  // next, on another replica where there is one; the first answer counts.
  absl::Duration deadline = absl::Seconds(1);

  // 1: never asks twice. At most 5.
  int max_attempts = 2;
};

}  // namespace usher
