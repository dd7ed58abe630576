#include "lib/http/credentials/credentials.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <atomic>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

BioPtr Reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key is an error: there is no one to ask for the password.
int NoPassword(char*, int, int, void*) { return -1; }

absl::Status Error(std::string_view text) {
  ERR_clear_error();
  return absl::InvalidArgumentError(base::Absl(text));
}

std::atomic<uint64_t> last_serial = 0;

}  // namespace

ClientCertificate::ClientCertificate(std::string certificates,
                                     Secret private_key)
    : certificates_(std::move(certificates)),
      private_key_(std::move(private_key)),
      serial_(++last_serial) {}

absl::StatusOr<std::shared_ptr<const ClientCertificate>>
ClientCertificate::Create(std::string certificates, Secret private_key) {
  const BioPtr public_part = Reader(certificates);
  const X509Ptr leaf(
      PEM_read_bio_X509(public_part.get(), nullptr, NoPassword, nullptr));
  if (leaf == nullptr) return Error("the certificate is not one in PEM");
  const BioPtr private_part = Reader(private_key.Reveal());
  const PkeyPtr key(PEM_read_bio_PrivateKey(private_part.get(), nullptr,
                                            NoPassword, nullptr));
  if (key == nullptr) {
    return Error("the private key is not one in PEM, or it is encrypted");
  }
  if (X509_check_private_key(leaf.get(), key.get()) != 1) {
    return Error("the private key is not that of the first certificate");
  }
  return std::shared_ptr<const ClientCertificate>(
      new ClientCertificate(std::move(certificates), std::move(private_key)));
}

}  // namespace usher::http
