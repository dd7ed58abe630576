#include "lib/oauth/credentials.h"

#include <utility>

#include "lib/base/file.h"
#include "lib/base/text/strings.h"

namespace usher::oauth {
namespace {

constexpr size_t kMaxFile = 64 * 1024;

// Editors and `echo` end a file with a line break that is no part of a secret.
absl::StatusOr<Secret> ReadSecret(const std::string& path) {
  auto text = base::ReadFile(path, kMaxFile);
  if (!text.ok()) return text.status();
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) {
    return absl::InvalidArgumentError(base::StrCat(path, " is empty"));
  }
  return Secret(*std::move(text));
}

}  // namespace

Credentials::Credentials(CredentialSettings settings)
    : settings_(std::move(settings)),
      certificate_({.certificate = settings_.certificate_file,
                    .key = settings_.key_file}),
      current_(absl::UnknownError("not read yet")) {}

absl::StatusOr<std::shared_ptr<const ClientAuthentication>>
Credentials::Current(absl::Time now) {
  const base::MutexLock lock(mutex_);
  if (now - read_at_ < absl::Seconds(1) && now >= read_at_) return current_;
  read_at_ = now;
  auto loaded = Load(now);
  if (loaded.ok()) {
    current_ = std::make_shared<const ClientAuthentication>(*std::move(loaded));
  } else if (!current_.ok()) {
    current_ = loaded.status();
  }
  return current_;
}

absl::StatusOr<ClientAuthentication> Credentials::Load(absl::Time now) {
  switch (settings_.method) {
    case ClientAuthMethod::kNone:
      return ClientAuthentication::Public(settings_.client_id);
    case ClientAuthMethod::kBasic:
    case ClientAuthMethod::kPost: {
      auto secret = ReadSecret(settings_.secret_file);
      if (!secret.ok()) return secret.status();
      return ClientAuthentication::WithSecret(
          settings_.method, settings_.client_id, *std::move(secret));
    }
    case ClientAuthMethod::kPrivateKeyJwt: {
      auto pem = ReadSecret(settings_.key_file);
      if (!pem.ok()) return pem.status();
      auto key = jose::SigningKey::FromPem(settings_.algorithm, *pem);
      if (!key.ok()) {
        return absl::InvalidArgumentError(base::StrCat(
            settings_.key_file, ": ", base::Std(key.status().message())));
      }
      return ClientAuthentication::WithKey(settings_.client_id,
                                           {.key = *std::move(key),
                                            .key_id = settings_.key_id,
                                            .audience = settings_.audience});
    }
    case ClientAuthMethod::kMutualTls: {
      const auto read = certificate_.Read(now);
      if (!read.ok()) return read.status();
      return ClientAuthentication::WithCertificate(settings_.client_id,
                                                   read->certificate);
    }
  }
  return absl::InternalError("no such method");
}

}  // namespace usher::oauth
