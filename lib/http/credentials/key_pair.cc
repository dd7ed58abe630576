#include "lib/http/credentials/key_pair.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>

#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

using File = KeyPairProblem::File;

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

BioPtr Reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int NoPassphrase(char*, int, int, void*) { return -1; }

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kExchanged =
    ": perhaps the files of the certificate and of its key are exchanged";

// Absent: one cannot be read.
std::optional<std::vector<X509Ptr>> Certificates(std::string_view text) {
  const BioPtr bio = Reader(text);
  std::vector<X509Ptr> found;
  ERR_clear_error();
  while (X509* one =
             PEM_read_bio_X509_AUX(bio.get(), nullptr, NoPassphrase, nullptr)) {
    found.emplace_back(one);
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return std::nullopt;
  return found;
}

PkeyPtr PrivateKey(std::string_view text) {
  const BioPtr bio = Reader(text);
  PkeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  return key;
}

std::string WhyNoCertificate(std::string_view text) {
  if (text.empty()) return "is empty";
  return base::StrCat(
      "has no PEM block of type CERTIFICATE",
      Contains(text, "PRIVATE KEY-----") ? kExchanged : std::string_view());
}

std::string WhyNoKey(std::string_view text) {
  if (text.empty()) return "is empty";
  // PKCS#8, and the older form of OpenSSL.
  if (Contains(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
      Contains(text, "Proc-Type: 4,ENCRYPTED")) {
    return "is encrypted, and there is no one to ask for its passphrase: write "
           "it without one (openssl pkey -in OLD -out NEW) and protect the "
           "file by its mode";
  }
  if (Contains(text, "PRIVATE KEY-----")) {
    return "has a private key that cannot be read";
  }
  return base::StrCat("has no PEM block of type PRIVATE KEY",
                      Contains(text, "-----BEGIN CERTIFICATE-----")
                          ? kExchanged
                          : std::string_view());
}

bool BelongTogether(const X509Ptr& certificate, const PkeyPtr& key) {
  const bool same = X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return same;
}

// OpenSSL's own reason: a key or signature that is too weak for TLS.
std::optional<std::string> WhyUnusable(const std::vector<X509Ptr>& chain) {
  const ContextPtr context(SSL_CTX_new(TLS_method()));
  ERR_clear_error();
  bool usable =
      SSL_CTX_use_certificate(context.get(), chain.front().get()) == 1;
  for (size_t i = 1; usable && i < chain.size(); ++i) {
    usable = SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) == 1;
  }
  if (usable) return std::nullopt;
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return base::StrCat("cannot be used for TLS: ",
                      reason ? reason : "OpenSSL refuses it");
}

std::string Format(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Time TimeOf(const ASN1_TIME* time) {
  tm broken_down{};
  ASN1_TIME_to_tm(time, &broken_down);
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

std::optional<std::string> WhyNotValid(const std::vector<X509Ptr>& chain,
                                       absl::Time now) {
  for (const X509Ptr& one : chain) {
    const absl::Time from = TimeOf(X509_get0_notBefore(one.get()));
    const absl::Time until = TimeOf(X509_get0_notAfter(one.get()));
    if (now > until) return base::StrCat("expired at ", Format(until));
    if (now < from) {
      return base::StrCat("is not valid before ", Format(from));
    }
  }
  return std::nullopt;
}

// The first certificate that the next one did not issue, counted from 1.
std::optional<size_t> EndOfChain(const std::vector<X509Ptr>& chain) {
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const int issued = X509_check_issued(chain[i + 1].get(), chain[i].get());
    ERR_clear_error();
    if (issued != X509_V_OK) return i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ProblemOfAuthorities(std::string_view pem) {
  const auto found = Certificates(pem);
  if (!found) return "has a certificate that cannot be read";
  if (found->empty()) return "has no PEM block of type CERTIFICATE";
  return std::nullopt;
}

std::vector<KeyPairProblem> ProblemsOf(std::string_view certificates,
                                       std::string_view private_key,
                                       std::optional<absl::Time> now) {
  std::vector<KeyPairProblem> problems;
  const auto chain = Certificates(certificates);
  if (!chain) {
    problems.push_back(
        {File::kCertificate, true, "has a certificate that cannot be read"});
  } else if (chain->empty()) {
    problems.push_back(
        {File::kCertificate, true, WhyNoCertificate(certificates)});
  }
  const PkeyPtr key = PrivateKey(private_key);
  if (!key) problems.push_back({File::kKey, true, WhyNoKey(private_key)});
  if (!problems.empty()) return problems;

  if (!BelongTogether(chain->front(), key)) {
    for (size_t i = 1; i < chain->size(); ++i) {
      if (!BelongTogether((*chain)[i], key)) continue;
      return {
          {File::kCertificate, true,
           base::StrCat(
               "is in the wrong order: the key belongs to certificate ", i + 1,
               ". Put that one first, then the one that issued it, and so "
               "on")}};
    }
    return {{File::kKey, true,
             "is the key of another certificate: replace the certificate and "
             "the key together"}};
  }
  if (const auto why = WhyUnusable(*chain)) {
    problems.push_back({File::kCertificate, true, *why});
  }
  if (const auto why = now ? WhyNotValid(*chain, *now) : std::nullopt) {
    problems.push_back({File::kCertificate, true, *why});
  }
  if (const auto end = EndOfChain(*chain)) {
    problems.push_back(
        {File::kCertificate, false,
         base::StrCat("is in the wrong order: certificate ", *end + 1,
                      " did not issue certificate ", *end,
                      ", and strict peers refuse that. Put each one before the "
                      "one that issued it")});
  }
  return problems;
}

}  // namespace usher::http
