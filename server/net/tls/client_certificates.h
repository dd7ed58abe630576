// Whether a client certificate still is good, at each call.
//
// The handshake verifies the certificate once; a connection lives on, and TLS
// resumption opens new ones without another look at the dates.
#pragma once

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "server/net/tls/revocation_lists.h"

namespace usher::server {

// In DER.
std::string DerOf(const X509_NAME* name);
std::string DerOf(const ASN1_INTEGER* number);

enum class CertificateRefusal {
  kUnreadable,
  kNotYetValid,
  kExpired,
  kRevoked,
  kNoRevocationList,
};
inline constexpr auto kCertificateRefusalNames =
    std::to_array<std::string_view>({"unreadable", "not_yet_valid", "expired",
                                     "revoked", "no_revocation_list"});
static_assert(kCertificateRefusalNames.size() ==
              static_cast<size_t>(CertificateRefusal::kNoRevocationList) + 1);

// Thread-safe. Remembers the certificates that it has read.
class ClientCertificates {
 public:
  // `leaf` is the client's certificate and `chain` all that the client sent, as
  // PEM; a resumed session has no chain, and then that of the earlier
  // connection counts. `lists` may be null. `lists_required`: refuse where no
  // valid list of the issuer exists. Nothing: the certificate is good at `now`.
  std::optional<CertificateRefusal> Judge(std::string_view leaf,
                                          std::string_view chain,
                                          const RevocationLists* lists,
                                          bool lists_required, absl::Time now);

 private:
  struct Facts {
    absl::Time from = absl::InfiniteFuture();  // unreadable: never valid
    absl::Time until = absl::InfinitePast();
    bool readable = false;
    bool has_chain = false;
    std::vector<CertificateId> ids;  // of the leaf, then of the chain
  };
  static Facts Read(std::string_view leaf, std::string_view chain);
  std::shared_ptr<const Facts> Get(std::string_view leaf,
                                   std::string_view chain);

  base::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const Facts>,
                      base::StringHash, std::equal_to<>>
      facts_ ABSL_GUARDED_BY(mutex_);
};

// For people: "the client certificate has expired".
std::string_view MessageFor(CertificateRefusal refusal);

}  // namespace usher::server
