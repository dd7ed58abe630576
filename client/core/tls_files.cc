#include "client/core/tls_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string_view>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/grpc_log.h"

namespace usher::client {
namespace {

constexpr size_t kMaxFileSize = 1 << 20;
constexpr absl::Duration kPollInterval = absl::Seconds(1);

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

absl::Status OptionError(std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(what));
}

Bio Open(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this OpenSSL would ask for the passphrase of an encrypted key at the
// terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

Certificate FirstCertificate(std::string_view pem) {
  return Certificate(
      PEM_read_bio_X509(Open(pem).get(), nullptr, NoPassphrase, nullptr));
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

absl::Status CheckIdentity(const TlsOptions::Identity& identity) {
  const Certificate certificate = FirstCertificate(identity.certificate_pem);
  if (certificate == nullptr) {
    return OptionError(
        "tls.identity.certificate_pem: holds no PEM certificate");
  }
  const std::string_view pem = identity.private_key_pem.Reveal();
  const PrivateKey key(
      PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return OptionError(
        Contains(pem, "ENCRYPTED")
            ? "tls.identity.private_key_pem: is encrypted: write it without a "
              "passphrase (openssl pkey -in OLD -out NEW)"
            : "tls.identity.private_key_pem: holds no PEM private key");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return OptionError(
        "tls.identity.private_key_pem: does not belong to the certificate");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadOption(std::string_view option,
                                       const std::string& path) {
  auto content = base::ReadFile(path, kMaxFileSize);
  if (content.ok()) return content;
  return absl::FailedPreconditionError(base::Absl(
      base::StrCat(option, ": ", base::Std(content.status().message()))));
}

base::FileWatch::Contents ContentsOf(const absl::StatusOr<TlsOptions>& loaded) {
  if (!loaded.ok()) {
    return {base::ContentIdOf(absl::StatusOr<std::string>(loaded.status()))};
  }
  base::FileWatch::Contents contents;
  const auto add = [&](std::string_view text) {
    contents.push_back(base::ContentIdOf(std::string(text)));
  };
  add(loaded->ca_pem.value_or(""));
  if (loaded->identity) {
    add(loaded->identity->certificate_pem);
    add(loaded->identity->private_key_pem.Reveal());
  }
  return contents;
}

}  // namespace

bool NamesFiles(const TlsOptions& tls) {
  return tls.ca_file.has_value() || tls.identity_files.has_value();
}

absl::StatusOr<TlsOptions> LoadTlsFiles(const TlsOptions& tls) {
  if (tls.ca_pem && tls.ca_file) {
    return OptionError("tls.ca_file: there is a ca_pem too; give one of both");
  }
  if (tls.identity && tls.identity_files) {
    return OptionError(
        "tls.identity_files: there is an identity too; give one of both");
  }
  TlsOptions loaded = tls;
  if (tls.ca_file) {
    USHER_TRY(loaded.ca_pem, ReadOption("tls.ca_file", *tls.ca_file));
  }
  if (tls.identity_files) {
    loaded.identity.emplace();
    USHER_TRY(loaded.identity->certificate_pem,
              ReadOption("tls.identity_files.certificate",
                         tls.identity_files->certificate));
    USHER_TRY(std::string key, ReadOption("tls.identity_files.private_key",
                                          tls.identity_files->private_key));
    loaded.identity->private_key_pem = Secret(std::move(key));
  }
  loaded.ca_file.reset();
  loaded.identity_files.reset();
  return loaded;
}

absl::Status CheckPem(const TlsOptions& tls) {
  ERR_clear_error();
  absl::Status status;
  if (tls.ca_pem && FirstCertificate(*tls.ca_pem) == nullptr) {
    status = OptionError("tls.ca_pem: holds no PEM certificate");
  } else if (tls.identity) {
    status = CheckIdentity(*tls.identity);
  }
  ERR_clear_error();
  return status;
}

TlsFileWatch::TlsFileWatch(TlsOptions files, const TlsOptions& loaded,
                           OnChange on_change)
    : files_(std::move(files)), on_change_(std::move(on_change)) {
  watch_.SetInUse(ContentsOf(loaded));
}

absl::Status TlsFileWatch::Poll() {
  const absl::StatusOr<TlsOptions> loaded = LoadTlsFiles(files_);
  base::FileWatch::Contents contents = ContentsOf(loaded);
  if (!watch_.Poll(contents)) return absl::OkStatus();
  absl::Status status = loaded.ok() ? CheckPem(*loaded) : loaded.status();
  if (status.ok()) {
    last_error_.clear();
    watch_.SetInUse(std::move(contents));
    on_change_(*loaded);
    return status;
  }
  if (last_error_ == base::Std(status.message())) return absl::OkStatus();
  last_error_ = std::string(status.message());
  return status;
}

TlsFilePoller::TlsFilePoller(TlsFileWatch watch)
    : watch_(std::move(watch)), scheduler_(clock_) {
  PollLater();
}

void TlsFilePoller::PollLater() {
  scheduler_.At(clock_.Now() + kPollInterval, [this] {
    const absl::Status status = watch_.Poll();
    if (!status.ok()) {
      rpc::LogError(base::StrCat("usher: the changed TLS files are not used: ",
                                 base::Std(status.message())));
    }
    PollLater();
  });
}

}  // namespace usher::client
