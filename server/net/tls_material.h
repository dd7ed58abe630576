// What a listener's TLS files hold, and whether it can be served.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/config/config.h"

namespace usher::server {

// The files' bytes: PEM.
struct TlsMaterial {
  std::string certificate;
  std::string private_key;
  std::string client_ca;  // "": clients are asked for no certificate

  bool operator==(const TlsMaterial&) const = default;
};

// What operators want to know of it.
struct TlsFacts {
  struct Validity {
    absl::Time from;
    absl::Time until;
  };
  // Of the served chain: where all of it is valid.
  Validity server;
  // The client CA that lasts longest: after it nobody gets in.
  std::optional<Validity> client_ca;
  // Of the server's own certificate: SHA-256 in hexadecimal, as
  // `openssl x509 -fingerprint -sha256` says it, but without colons.
  std::string fingerprint;
};

// `setting` is what the operator calls the part: "tls", "admin.tls". Failures
// are led by it: "tls.private_key: cannot read /etc/tls.key: No such file or
// directory". Blocks on the disk.
absl::StatusOr<TlsMaterial> ReadTlsFiles(const config::Tls& files,
                                         std::string_view setting);

// Fails when a server with it would serve nobody: no certificate or key in it,
// a key that is not the certificate's, one that OpenSSL holds for too weak, one
// that is not valid at `now`. Failures name the setting and the file. Pure.
absl::StatusOr<TlsFacts> Judge(const TlsMaterial& material,
                               const config::Tls& files,
                               std::string_view setting, absl::Time now);

}  // namespace usher::server
