// The content of a listener's TLS files, and whether it can be served.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/config/config.h"
#include "server/net/tls/revocation_lists.h"

namespace usher::server {

// The files' bytes: PEM.
struct TlsMaterial {
  std::string certificate;
  std::string private_key;
  std::string client_ca;  // "": clients need no certificate

  bool operator==(const TlsMaterial&) const = default;
};

// What operators want to know about it.
struct TlsFacts {
  struct Validity {
    absl::Time from;
    absl::Time until;
  };
  // When the whole served chain is valid.
  Validity server;
  // Of the client CA that is valid longest: after that no client can connect.
  std::optional<Validity> client_ca;
  // Of the server's own certificate: SHA-256 in hexadecimal, like the output of
  // `openssl x509 -fingerprint -sha256` without colons.
  std::string fingerprint;
};

// `setting` is the key in the configuration: "tls", "admin.tls". Errors begin
// with it: "tls.private_key: cannot read /etc/tls.key: No such file or
// directory". Blocks on the disk.
absl::StatusOr<TlsMaterial> ReadTlsFiles(const config::Tls& files,
                                         std::string_view setting);

// The text of `client_crl`; "" if there is none. Errors and `setting` as above.
absl::StatusOr<std::string> ReadClientCrl(const config::Tls& files,
                                          std::string_view setting);

// The lists in `pem`, the text of `client_crl`: see RevocationLists::Parse().
// Null if there is no such file. Errors name the setting and the file.
absl::StatusOr<std::shared_ptr<const RevocationLists>> ParseClientCrl(
    const std::string& pem, const TlsMaterial& material,
    const config::Tls& files, std::string_view setting, absl::Time now);

// Fails if a server could not serve with it: no certificate or key in it, a key
// that does not belong to the certificate, one that is too weak for OpenSSL,
// one that is not valid at `now`. Errors name the setting and the file. Pure.
absl::StatusOr<TlsFacts> Validate(const TlsMaterial& material,
                                  const config::Tls& files,
                                  std::string_view setting, absl::Time now);

}  // namespace usher::server
