// A throw-away certificate authority for tests and demonstrations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace usher::testing {

struct CertificateOptions {
  std::string common_name = "localhost";
  std::vector<std::string> dns = {"localhost"};
  std::vector<std::string> ips = {"127.0.0.1", "::1"};
  std::vector<std::string> uris = {};  // "spiffe://corp/orders"
  // From now.
  absl::Duration valid_from = -absl::Hours(1);
  absl::Duration valid_until = absl::Hours(24);
};

// PEM texts.
struct Certificate {
  std::string chain;
  std::string private_key;
};

// Each authority has a new key, which it never shows. Ends the process if
// OpenSSL fails. Thread-safe.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name = "Throw-away CA");
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  // The certificate of the authority, for clients to trust.
  const std::string& pem() const { return pem_; }

  // For servers and clients. The key is on P-256.
  Certificate Issue(const CertificateOptions& options = {}) const;

  // A list (PEM) in which the certificates of these chains are revoked. Times
  // are from now.
  std::string RevocationList(const std::vector<std::string>& chains,
                             absl::Duration from = -absl::Hours(1),
                             absl::Duration until = absl::Hours(24)) const;

 private:
  struct Material;
  std::unique_ptr<Material> material_;
  std::string pem_;
};

}  // namespace usher::testing
