#include "tests/support/certificate_authority.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace usher::testing {
namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;

X509Ptr Parsed(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
                 &X509_free);
}

// X509_V_OK, or OpenSSL's error.
int Verify(const std::string& ca, const std::string& certificate) {
  const X509Ptr root = Parsed(ca);
  const X509Ptr leaf = Parsed(certificate);
  std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(
      X509_STORE_new(), &X509_STORE_free);
  X509_STORE_add_cert(store.get(), root.get());
  std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
      X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

TEST(CertificateAuthority, IssuesCertificatesThatItsOwnVerifies) {
  const CertificateAuthority ca;
  const CertificateAuthority other;
  EXPECT_EQ(Verify(ca.pem(), ca.Issue().chain), X509_V_OK);
  EXPECT_NE(Verify(other.pem(), ca.Issue().chain), X509_V_OK);
}

TEST(CertificateAuthority, IssuesTheRequestedNames) {
  const CertificateAuthority ca;
  const X509Ptr leaf = Parsed(ca.Issue({.dns = {"a.test"},
                                        .ips = {"10.1.2.3"},
                                        .uris = {"spiffe://corp/orders"}})
                                  .chain);
  EXPECT_EQ(X509_check_host(leaf.get(), "a.test", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "b.test", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "10.1.2.3", 0), 1);
}

TEST(CertificateAuthority, IssuesExpiredCertificates) {
  const CertificateAuthority ca;
  EXPECT_EQ(Verify(ca.pem(), ca.Issue({.valid_from = -absl::Hours(2),
                                       .valid_until = -absl::Hours(1)})
                                 .chain),
            X509_V_ERR_CERT_HAS_EXPIRED);
}

}  // namespace
}  // namespace usher::testing
