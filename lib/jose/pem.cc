#include "lib/jose/pem.h"

#include <openssl/err.h>

#include <string>

#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/jose/key.h"
#include "lib/jose/key_set.h"
#include "lib/jose/material.h"

namespace usher::jose {
namespace {

constexpr size_t kMaxPemSize = 1 << 20;

absl::Status Unusable(const std::string& why) {
  ERR_clear_error();
  return absl::InvalidArgumentError(base::Absl(why));
}

// The label and content of one block.
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

absl::StatusOr<std::vector<PublicNumbers>> PublicKeysIn(std::string_view pem,
                                                        size_t limit) {
  if (pem.size() > kMaxPemSize) return Unusable("PEM is larger than 1 MiB");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<PublicNumbers> keys;
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
    USHER_TRY(PublicNumbers numbers, NumbersOf(*key));
    keys.push_back(std::move(numbers));
  }
  if (keys.empty()) return Unusable("no PUBLIC KEY or CERTIFICATE block");
  return keys;
}

absl::StatusOr<Key> Key::FromPem(std::string_view pem,
                                 std::optional<std::string> kid) {
  USHER_TRY(const std::vector<PublicNumbers> keys, PublicKeysIn(pem, 1));
  const PublicNumbers& numbers = keys.front();
  USHER_TRY(auto material,
            MakeMaterial(numbers, AlgsFitFor(numbers), std::move(kid)));
  return Key(std::move(material));
}

absl::StatusOr<KeySet> KeySet::FromPem(std::string_view pem) {
  // One more than allowed, to see that there is one more.
  USHER_TRY(const std::vector<PublicNumbers> found,
            PublicKeysIn(pem, kMaxKeys + 1));
  if (found.size() > kMaxKeys) {
    return absl::InvalidArgumentError(
        base::Absl(base::StrCat("PEM: more than ", kMaxKeys, " keys")));
  }
  std::vector<Key> keys;
  for (const PublicNumbers& numbers : found) {
    USHER_TRY(auto material,
              MakeMaterial(numbers, AlgsFitFor(numbers), std::nullopt));
    keys.push_back(Key(std::move(material)));
  }
  return KeySet(std::move(keys));
}

}  // namespace usher::jose
