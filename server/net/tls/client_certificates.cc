#include "server/net/tls/client_certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "server/net/tls/openssl_handles.h"

namespace usher::server {
namespace {

// Of certificates that are remembered: far more than there are clients.
constexpr size_t kMostRemembered = 4096;

constexpr auto kMessages = std::to_array<std::string_view>({
    "the client certificate cannot be read",
    "the client certificate is not valid yet",
    "the client certificate has expired",
    "the client certificate is revoked",
    "no valid revocation list of the client certificate's issuer exists",
});
static_assert(kMessages.size() == kCertificateRefusalNames.size());

template <typename Object, typename Encode>
std::string Der(const Object* object, Encode encode) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::vector<X509Certificate> ReadCertificates(std::string_view pem) {
  const Bio bio = OpenText(pem);
  std::vector<X509Certificate> found;
  while (X509* one =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    found.emplace_back(one);
  }
  ERR_clear_error();
  return found;
}

CertificateId IdOf(const X509Certificate& certificate) {
  return {DerOf(X509_get_issuer_name(certificate.get())),
          DerOf(X509_get0_serialNumber(certificate.get()))};
}

}  // namespace

std::string DerOf(const X509_NAME* name) { return Der(name, i2d_X509_NAME); }

std::string DerOf(const ASN1_INTEGER* number) {
  return Der(number, i2d_ASN1_INTEGER);
}

std::string_view MessageFor(CertificateRefusal refusal) {
  return kMessages[static_cast<size_t>(refusal)];
}

ClientCertificates::Facts ClientCertificates::Read(std::string_view leaf,
                                                   std::string_view chain) {
  Facts facts;
  const std::vector<X509Certificate> own = ReadCertificates(leaf);
  if (own.empty()) return facts;
  facts.readable = true;
  facts.from = TimeOf(X509_get0_notBefore(own.front().get()));
  facts.until = TimeOf(X509_get0_notAfter(own.front().get()));
  facts.ids.push_back(IdOf(own.front()));
  for (const X509Certificate& one : ReadCertificates(chain)) {
    // The roots are ours; a client may send its own too.
    const bool is_root = X509_NAME_cmp(X509_get_issuer_name(one.get()),
                                       X509_get_subject_name(one.get())) == 0;
    const bool is_own = X509_cmp(one.get(), own.front().get()) == 0;
    if (!is_root && !is_own) facts.ids.push_back(IdOf(one));
  }
  facts.has_chain = !chain.empty();
  return facts;
}

std::shared_ptr<const ClientCertificates::Facts> ClientCertificates::Get(
    std::string_view leaf, std::string_view chain) {
  {
    const base::MutexLock lock(mutex_);
    const auto found = facts_.find(leaf);
    if (found != facts_.end() && (found->second->has_chain || chain.empty())) {
      return found->second;
    }
  }
  auto facts = std::make_shared<const Facts>(Read(leaf, chain));
  const base::MutexLock lock(mutex_);
  if (facts_.size() >= kMostRemembered) facts_.clear();
  facts_[std::string(leaf)] = facts;
  return facts;
}

std::optional<CertificateRefusal> ClientCertificates::Judge(
    std::string_view leaf, std::string_view chain, const RevocationLists* lists,
    bool lists_required, absl::Time now) {
  const auto facts = Get(leaf, chain);
  if (!facts->readable) return CertificateRefusal::kUnreadable;
  if (now < facts->from) return CertificateRefusal::kNotYetValid;
  if (now > facts->until) return CertificateRefusal::kExpired;
  if (lists == nullptr) {
    if (!lists_required) return std::nullopt;
    return CertificateRefusal::kNoRevocationList;
  }
  for (const CertificateId& id : facts->ids) {
    switch (lists->Find(id, now)) {
      case RevocationLists::Answer::kRevoked:
        return CertificateRefusal::kRevoked;
      case RevocationLists::Answer::kNoValidList:
        if (lists_required) return CertificateRefusal::kNoRevocationList;
        break;
      case RevocationLists::Answer::kNotListed:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace usher::server
