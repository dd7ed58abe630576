// A client's credentials in files, read again when the files change.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/http/credentials/credential_files.h"
#include "lib/jose/alg.h"
#include "lib/oauth/client_authentication.h"

namespace usher::oauth {

// What an operator configures. Plain data; names files and holds no secret.
struct CredentialSettings {
  ClientAuthMethod method = ClientAuthMethod::kBasic;
  std::string client_id;
  // kBasic, kPost: the client secret. One line break at its end is not part of
  // it.
  std::string secret_file;
  // kPrivateKeyJwt: a private key (PEM), what it signs with, its kid, and the
  // audience of the assertion. kMutualTls: the key of the certificate.
  std::string key_file;
  // kMutualTls: the client's certificate (PEM), then the CAs between it and its
  // root.
  std::string certificate_file;
  jose::Alg algorithm = jose::Alg::kEs256;
  std::optional<std::string> key_id;
  std::string audience;

  bool operator==(const CredentialSettings&) const = default;
};

// Thread-safe.
class Credentials {
 public:
  explicit Credentials(CredentialSettings settings);

  // What the files say, as read no more than a second before `now`. Where they
  // cannot be read or used any more, the last good ones go on. Errors name the
  // path and never quote the content. Blocks on the disk at most once a second.
  absl::StatusOr<std::shared_ptr<const ClientAuthentication>> Current(
      absl::Time now);

 private:
  absl::StatusOr<ClientAuthentication> Load(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CredentialSettings settings_;
  base::Mutex mutex_;
  http::CredentialFiles certificate_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::StatusOr<std::shared_ptr<const ClientAuthentication>> current_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::oauth
