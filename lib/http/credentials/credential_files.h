// Credentials in files that somebody renews.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/file.h"
#include "lib/http/credentials/credentials.h"

namespace usher::http {

// Where they are. Each may be absent, but a certificate needs its key.
struct CredentialPaths {
  std::optional<std::string> token;        // a bearer token (RFC 6750)
  std::optional<std::string> certificate;  // PEM, the client's own first
  std::optional<std::string> key;          // PEM, not encrypted

  bool empty() const { return !token && !certificate && !key; }
  bool operator==(const CredentialPaths&) const = default;
};

// Not thread-safe.
class CredentialFiles {
 public:
  explicit CredentialFiles(CredentialPaths paths) : paths_(std::move(paths)) {}

  // What the files hold now. They are read again if the last time is at least
  // a second ago; the same content gives the same object, so connections are
  // reused. Blocks on the disk. Errors name the path and quote nothing.
  absl::StatusOr<Credentials> Read(absl::Time now);

 private:
  absl::Status ReadToken();
  absl::Status ReadCertificate();

  const CredentialPaths paths_;
  std::optional<absl::Time> read_at_;
  std::optional<base::ContentId> certificate_id_;
  std::optional<base::ContentId> key_id_;
  Credentials credentials_;
};

}  // namespace usher::http
