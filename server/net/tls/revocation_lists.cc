#include "server/net/tls/revocation_lists.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "server/net/tls/client_certificates.h"
#include "server/net/tls/openssl_handles.h"

namespace usher::server {
namespace {

absl::Status Error(std::string_view why) {
  ERR_clear_error();
  return absl::FailedPreconditionError(base::Absl(why));
}

// Whether no more follows: half a file must not look like a whole one.
bool IsAtEnd() {
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end;
}

absl::StatusOr<std::vector<X509Crl>> ReadLists(const std::string& pem) {
  ERR_clear_error();
  const Bio bio = OpenText(pem);
  std::vector<X509Crl> lists;
  while (X509_CRL* one =
             PEM_read_bio_X509_CRL(bio.get(), nullptr, NoPassphrase, nullptr)) {
    lists.emplace_back(one);
  }
  const bool at_end = IsAtEnd();
  if (lists.empty() || !at_end) {
    return Error("is not a file of whole PEM revocation lists");
  }
  return lists;
}

std::vector<X509Certificate> ReadAuthorities(const std::string& pem) {
  const Bio bio = OpenText(pem);
  std::vector<X509Certificate> found;
  while (X509* one =
             PEM_read_bio_X509_AUX(bio.get(), nullptr, NoPassphrase, nullptr)) {
    found.emplace_back(one);
  }
  ERR_clear_error();
  return found;
}

bool IsSignedByOne(X509_CRL* list,
                   const std::vector<X509Certificate>& authorities) {
  const bool is_signed = std::ranges::any_of(
      authorities, [list](const X509Certificate& authority) {
        // 0: it may sign lists, or does not say what it may.
        constexpr uint32_t kAnyUse = UINT32_MAX;
        const uint32_t use = X509_get_key_usage(authority.get());
        const bool may_sign = use == kAnyUse || (use & KU_CRL_SIGN) != 0;
        EVP_PKEY* const key = X509_get0_pubkey(authority.get());
        return may_sign && key != nullptr &&
               X509_NAME_cmp(X509_CRL_get_issuer(list),
                             X509_get_subject_name(authority.get())) == 0 &&
               X509_CRL_verify(list, key) == 1;
      });
  ERR_clear_error();
  return is_signed;
}

template <typename Extensions>
bool HasCritical(const Extensions* extensions) {
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    if (X509_EXTENSION_get_critical(sk_X509_EXTENSION_value(extensions, i))) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RevocationLists>> RevocationLists::Parse(
    const std::string& pem, const std::string& authorities, absl::Time now) {
  USHER_TRY(const std::vector<X509Crl> lists, ReadLists(pem));
  const std::vector<X509Certificate> signers = ReadAuthorities(authorities);
  auto parsed = std::make_shared<RevocationLists>();
  for (const X509Crl& list : lists) {
    if (!IsSignedByOne(list.get(), signers)) {
      return Error(
          "has a list that no CA of client_ca signed, or none that may sign "
          "lists");
    }
    const ASN1_TIME* const until = X509_CRL_get0_nextUpdate(list.get());
    if (until == nullptr) return Error("has a list without nextUpdate");
    if (TimeOf(X509_CRL_get0_lastUpdate(list.get())) > now) {
      return Error("has a list that is not valid yet");
    }
    if (HasCritical(X509_CRL_get0_extensions(list.get()))) {
      return Error("has a partial, indirect or delta list");
    }
    List& of_issuer =
        parsed->by_issuer_[DerOf(X509_CRL_get_issuer(list.get()))];
    if (TimeOf(until) > of_issuer.until) {
      of_issuer.from = TimeOf(X509_CRL_get0_lastUpdate(list.get()));
      of_issuer.until = TimeOf(until);
    }
    STACK_OF(X509_REVOKED)* const revoked = X509_CRL_get_REVOKED(list.get());
    for (int i = 0; i < sk_X509_REVOKED_num(revoked); ++i) {
      const X509_REVOKED* const one = sk_X509_REVOKED_value(revoked, i);
      if (HasCritical(X509_REVOKED_get0_extensions(one))) {
        return Error("has a partial, indirect or delta list");
      }
      of_issuer.serials.insert(DerOf(X509_REVOKED_get0_serialNumber(one)));
    }
  }
  for (const auto& [issuer, list] : parsed->by_issuer_) {
    if (list.until >= parsed->expires_at_) continue;
    parsed->expires_at_ = list.until;
    parsed->issued_at_ = list.from;
  }
  return parsed;
}

RevocationLists::Answer RevocationLists::Find(const CertificateId& certificate,
                                              absl::Time now) const {
  const auto list = by_issuer_.find(certificate.issuer);
  if (list == by_issuer_.end()) return Answer::kNoValidList;
  if (list->second.serials.contains(certificate.serial)) {
    return Answer::kRevoked;
  }
  return now > list->second.until ? Answer::kNoValidList : Answer::kNotListed;
}

}  // namespace usher::server
