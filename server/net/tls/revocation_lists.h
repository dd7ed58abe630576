// The revoked client certificates of a listener: certificate revocation lists
// (RFC 5280 section 5).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace usher::server {

// What identifies a certificate in a list.
struct CertificateId {
  std::string issuer;  // the name, as DER
  std::string serial;  // as DER
};

// Immutable.
class RevocationLists {
 public:
  // All lists in `pem`, at least one. Each must be whole, signed by one of the
  // certificates in `authorities` (PEM), already valid at `now` and have an
  // end. Partial, indirect and delta lists are refused: their marks are
  // critical extensions. Errors are short: "is signed by no CA of client_ca".
  // An expired list is no error.
  static absl::StatusOr<std::shared_ptr<const RevocationLists>> Parse(
      const std::string& pem, const std::string& authorities, absl::Time now);

  enum class Answer { kNotListed, kRevoked, kNoValidList };
  // kNoValidList: no list of its issuer, or only expired ones, and it is in
  // none of them.
  Answer Find(const CertificateId& certificate, absl::Time now) const;

  // When the first issuer is without a valid list, and since when that list is
  // valid.
  absl::Time expires_at() const { return expires_at_; }
  absl::Time issued_at() const { return issued_at_; }

 private:
  struct List {
    std::set<std::string> serials;
    absl::Time from;
    absl::Time until;
  };

  std::map<std::string, List> by_issuer_;
  absl::Time expires_at_ = absl::InfiniteFuture();
  absl::Time issued_at_ = absl::InfinitePast();
};

}  // namespace usher::server
