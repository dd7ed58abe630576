#include "tests/support/certificate_authority.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lib/base/text/strings.h"

namespace usher::testing {
namespace {

using base::StrCat;

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

template <typename T>
T* Check(T* made) {
  if (made != nullptr) return made;
  ERR_print_errors_fp(stderr);
  std::abort();
}
void Check(int succeeded) { Check(succeeded == 1 ? &succeeded : nullptr); }

// The text that `write` writes to a BIO.
template <typename Write>
std::string PemOf(Write write) {
  std::unique_ptr<BIO, Freed<BIO_free_all>> bio(Check(BIO_new(BIO_s_mem())));
  Check(write(bio.get()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(X509* certificate) {
  return PemOf([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

void SetName(X509_NAME* name, const std::string& common_name) {
  Check(X509_NAME_add_entry_by_txt(
      name, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(common_name.data()),
      static_cast<int>(common_name.size()), -1, 0));
}

void AddExtension(X509* certificate, X509* issuer, int nid,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
      Check(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())));
  Check(X509_add_ext(certificate, extension.get(), -1));
}

// A certificate without extensions and signature.
X509Ptr Blank(EVP_PKEY* key, const std::string& name, absl::Duration from,
              absl::Duration until) {
  X509Ptr certificate(Check(X509_new()));
  Check(X509_set_version(certificate.get(), X509_VERSION_3));
  uint64_t serial = 0;
  Check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)));
  Check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()),
                                serial >> 1));
  Check(X509_gmtime_adj(X509_getm_notBefore(certificate.get()),
                        absl::ToInt64Seconds(from)));
  Check(X509_gmtime_adj(X509_getm_notAfter(certificate.get()),
                        absl::ToInt64Seconds(until)));
  SetName(X509_get_subject_name(certificate.get()), name);
  Check(X509_set_pubkey(certificate.get(), key));
  return certificate;
}

std::string AlternativeNames(const CertificateOptions& options) {
  std::string out;
  const auto add = [&out](const char* kind, const std::string& name) {
    out += StrCat(out.empty() ? "" : ",", kind, ":", name);
  };
  for (const auto& name : options.dns) add("DNS", name);
  for (const auto& ip : options.ips) add("IP", ip);
  for (const auto& uri : options.uris) add("URI", uri);
  return out;
}

}  // namespace

struct CertificateAuthority::Material {
  Key key{Check(EVP_EC_gen("P-256"))};
  X509Ptr certificate;
};

CertificateAuthority::CertificateAuthority(const std::string& name)
    : material_(std::make_unique<Material>()) {
  EVP_PKEY* key = material_->key.get();
  material_->certificate =
      Blank(key, name, -absl::Hours(48), absl::Hours(24 * 365));
  X509* own = material_->certificate.get();
  Check(X509_set_issuer_name(own, X509_get_subject_name(own)));
  AddExtension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(own, own, NID_subject_key_identifier, "hash");
  Check(X509_sign(own, key, EVP_sha256()) > 0);
  pem_ = PemOf(own);
}

CertificateAuthority::~CertificateAuthority() = default;

Certificate CertificateAuthority::Issue(
    const CertificateOptions& options) const {
  const Key key(Check(EVP_EC_gen("P-256")));
  const X509Ptr certificate = Blank(key.get(), options.common_name,
                                    options.valid_from, options.valid_until);
  X509* own = certificate.get();
  X509* issuer = material_->certificate.get();
  Check(X509_set_issuer_name(own, X509_get_subject_name(issuer)));
  AddExtension(own, issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(own, issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(own, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(own, issuer, NID_authority_key_identifier, "keyid");
  if (std::string names = AlternativeNames(options); !names.empty()) {
    AddExtension(own, issuer, NID_subject_alt_name, names);
  }
  Check(X509_sign(own, material_->key.get(), EVP_sha256()) > 0);
  return {PemOf(own), PemOf([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                            nullptr, nullptr);
          })};
}

std::string CertificateAuthority::RevocationList(
    const std::vector<std::string>& chains, absl::Duration from,
    absl::Duration until) const {
  using Time = std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>>;
  const auto at = [](absl::Duration from_now) {
    return Time(
        Check(X509_gmtime_adj(nullptr, absl::ToInt64Seconds(from_now))));
  };
  const std::unique_ptr<X509_CRL, Freed<X509_CRL_free>> list(
      Check(X509_CRL_new()));
  Check(X509_CRL_set_version(list.get(), X509_CRL_VERSION_2));
  Check(X509_CRL_set_issuer_name(
      list.get(), X509_get_subject_name(material_->certificate.get())));
  Check(X509_CRL_set1_lastUpdate(list.get(), at(from).get()));
  Check(X509_CRL_set1_nextUpdate(list.get(), at(until).get()));
  for (const std::string& chain : chains) {
    const std::unique_ptr<BIO, Freed<BIO_free_all>> bio(
        Check(BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size()))));
    const X509Ptr revoked(
        Check(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)));
    std::unique_ptr<X509_REVOKED, Freed<X509_REVOKED_free>> entry(
        Check(X509_REVOKED_new()));
    Check(X509_REVOKED_set_serialNumber(entry.get(),
                                        X509_get_serialNumber(revoked.get())));
    Check(X509_REVOKED_set_revocationDate(entry.get(), at(from).get()));
    Check(X509_CRL_add0_revoked(list.get(), entry.release()));
  }
  Check(X509_CRL_sign(list.get(), material_->key.get(), EVP_sha256()) > 0);
  return PemOf(
      [&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

}  // namespace usher::testing
