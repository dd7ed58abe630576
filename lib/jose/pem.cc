#include "lib/jose/pem.h"

#include <openssl/err.h>

#include <string>

#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace usher::jose {
namespace {

constexpr size_t kMaxPemSize = 1 << 20;

absl::Status Unusable(const std::string& why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(base::Absl(why));
}

// One block's label and content.
struct Block {
  std::string label;
  std::string der;
};

// The next block, nothing at the end, an error for a damaged one.
absl::StatusOr<std::optional<Block>> NextBlock(BIO* bio) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &label, &header, &data, &size) != 1) {
    const bool at_end =
        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (at_end) return std::optional<Block>();
    return Unusable("damaged PEM block");
  }
  Block block{label, std::string(reinterpret_cast<char*>(data),
                                 static_cast<size_t>(size))};
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_clear_free(data, static_cast<size_t>(size));
  return std::optional<Block>(std::move(block));
}

PkeyPtr PkeyInSpki(const std::string& der) {
  const unsigned char* at = Bytes(der);
  PkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  return at == Bytes(der) + der.size() ? std::move(key) : nullptr;
}

PkeyPtr PkeyInCertificate(const std::string& der) {
  const unsigned char* at = Bytes(der);
  const X509Ptr certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr || at != Bytes(der) + der.size()) return nullptr;
  return PkeyPtr(X509_get_pubkey(certificate.get()));
}

}  // namespace

absl::StatusOr<std::vector<PublicParts>> PublicKeysIn(std::string_view pem,
                                                      size_t limit) {
  if (pem.size() > kMaxPemSize) return Unusable("PEM is larger than 1 MiB");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<PublicParts> keys;
  while (true) {
    USHER_TRY(const std::optional<Block> block, NextBlock(bio.get()));
    if (!block) break;
    if (block->label.find("PRIVATE KEY") != std::string::npos) {
      return Unusable("holds a private key");
    }
    const bool certificate = block->label == "CERTIFICATE";
    if (!certificate && block->label != "PUBLIC KEY") continue;
    if (keys.size() == limit) continue;
    const PkeyPtr key =
        certificate ? PkeyInCertificate(block->der) : PkeyInSpki(block->der);
    if (key == nullptr) {
      return Unusable(base::StrCat(block->label, " block cannot be read"));
    }
    USHER_TRY(PublicParts parts, PartsOf(*key));
    keys.push_back(std::move(parts));
  }
  if (keys.empty()) return Unusable("no PUBLIC KEY or CERTIFICATE block");
  return keys;
}

}  // namespace usher::jose
