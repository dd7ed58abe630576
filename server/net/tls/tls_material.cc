#include "server/net/tls/tls_material.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "lib/base/file.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/http/credentials/key_pair.h"
#include "server/net/tls/openssl_handles.h"

namespace usher::server {
namespace {

using Validity = TlsFacts::Validity;

// One of the files, for error messages.
struct Source {
  std::string_view setting;
  std::string_view member;
  const std::string& path;

  absl::Status Error(std::string_view why) const {
    return absl::FailedPreconditionError(
        base::Absl(base::StrCat(setting, ".", member, ": ", path, ": ", why)));
  }
  // With OpenSSL's own text for its last error.
  absl::Status OpenSslError() const {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    const std::string text = reason ? reason : "cannot be used";
    ERR_clear_error();
    return Error(text);
  }
};

absl::StatusOr<std::string> Read(const Source& source) {
  constexpr size_t kMaxSize = 1 << 20;
  auto bytes = base::ReadFile(source.path, kMaxSize);
  if (!bytes.ok()) {
    return absl::FailedPreconditionError(
        base::Absl(base::StrCat(source.setting, ".", source.member, ": ",
                                base::Std(bytes.status().message()))));
  }
  if (bytes->empty()) return source.Error("is empty");
  return bytes;
}

// All certificates in `text`, at least one. An incomplete one is an error: half
// a file must not look like a whole one.
absl::StatusOr<std::vector<X509Certificate>> Certificates(
    const std::string& text, const Source& source) {
  ERR_clear_error();
  const Bio bio = OpenText(text);
  std::vector<X509Certificate> found;
  while (X509* one =
             PEM_read_bio_X509_AUX(bio.get(), nullptr, NoPassphrase, nullptr)) {
    found.emplace_back(one);
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return source.OpenSslError();
  if (found.empty()) {
    return source.Error("has no PEM block of type CERTIFICATE");
  }
  ERR_clear_error();
  return found;
}

Validity ValidityOf(const X509Certificate& certificate) {
  return {TimeOf(X509_get0_notBefore(certificate.get())),
          TimeOf(X509_get0_notAfter(certificate.get()))};
}

std::string Format(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string FingerprintOf(const X509Certificate& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest, &size);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<char*>(digest), size));
}

// When every certificate of the chain is valid. Fails if that is not now.
absl::StatusOr<Validity> ChainValidity(
    const std::vector<X509Certificate>& chain, const Source& source,
    absl::Time now) {
  Validity all = {absl::InfinitePast(), absl::InfiniteFuture()};
  for (const X509Certificate& one : chain) {
    const Validity its = ValidityOf(one);
    all = {std::max(all.from, its.from), std::min(all.until, its.until)};
  }
  if (now > all.until) {
    return source.Error(base::StrCat("expired at ", Format(all.until)));
  }
  if (now < all.from) {
    return source.Error(base::StrCat("is not valid before ", Format(all.from)));
  }
  return all;
}

// Of the one that is valid longest.
absl::StatusOr<Validity> ClientCaValidity(const std::string& text,
                                          const Source& source) {
  USHER_TRY(const auto authorities, Certificates(text, source));
  Validity longest = ValidityOf(authorities.front());
  for (const X509Certificate& one : authorities) {
    const Validity its = ValidityOf(one);
    if (its.until > longest.until) longest = its;
  }
  return longest;
}

// Whether OpenSSL accepts them for a server.
absl::Status CheckUsable(const std::vector<X509Certificate>& chain,
                         const Source& certificate_source,
                         const std::string& key_text,
                         const Source& key_source) {
  const SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return absl::InternalError("OpenSSL cannot be set up");
  if (SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1) {
    return certificate_source.OpenSslError();
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) {
      return certificate_source.OpenSslError();
    }
  }
  const Bio bio = OpenText(key_text);
  const PrivateKey key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return key_source.OpenSslError();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsMaterial> ReadTlsFiles(const config::Tls& files,
                                         std::string_view setting) {
  TlsMaterial material;
  USHER_TRY(material.certificate,
            Read({setting, "certificate", files.certificate}));
  USHER_TRY(material.private_key,
            Read({setting, "private_key", files.private_key}));
  if (files.client_ca) {
    USHER_TRY(material.client_ca,
              Read({setting, "client_ca", *files.client_ca}));
  }
  return material;
}

absl::StatusOr<std::string> ReadClientCrl(const config::Tls& files,
                                          std::string_view setting) {
  if (!files.client_crl) return "";
  return Read({setting, "client_crl", *files.client_crl});
}

absl::StatusOr<std::shared_ptr<const RevocationLists>> ParseClientCrl(
    const std::string& pem, const TlsMaterial& material,
    const config::Tls& files, std::string_view setting, absl::Time now) {
  if (!files.client_crl) return nullptr;
  auto lists = RevocationLists::Parse(pem, material.client_ca, now);
  if (lists.ok()) return lists;
  return Source{setting, "client_crl", *files.client_crl}.Error(
      base::Std(lists.status().message()));
}

absl::StatusOr<TlsFacts> Validate(const TlsMaterial& material,
                                  const config::Tls& files,
                                  std::string_view setting, absl::Time now) {
  const Source certificate = {setting, "certificate", files.certificate};
  const Source key = {setting, "private_key", files.private_key};
  for (const http::KeyPairProblem& problem :
       http::ProblemsOf(material.certificate, material.private_key)) {
    if (!problem.is_error) continue;
    const bool of_key = problem.file == http::KeyPairProblem::File::kKey;
    return (of_key ? key : certificate).Error(problem.text);
  }
  USHER_TRY(const auto chain, Certificates(material.certificate, certificate));
  if (absl::Status usable =
          CheckUsable(chain, certificate, material.private_key, key);
      !usable.ok()) {
    return usable;
  }
  TlsFacts facts;
  if (files.client_ca) {
    USHER_TRY(facts.client_ca,
              ClientCaValidity(material.client_ca,
                               {setting, "client_ca", *files.client_ca}));
  }
  USHER_TRY(facts.server, ChainValidity(chain, certificate, now));
  facts.fingerprint = FingerprintOf(chain.front());
  return facts;
}

}  // namespace usher::server
