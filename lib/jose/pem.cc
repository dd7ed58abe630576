#include "lib/jose/pem.h"

#include <openssl/err.h>

#include <string>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"
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

// A decoder of OpenSSL for one kind of content, which must use all of `der`.
template <typename Decode>
PkeyPtr DecodedWith(const Decode& decode, const std::string& der) {
  const unsigned char* at = Bytes(der);
  PkeyPtr key = decode(&at, static_cast<long>(der.size()));
  return at == Bytes(der) + der.size() ? std::move(key) : nullptr;
}

PkeyPtr PkeyInSpki(const unsigned char** at, long size) {
  return PkeyPtr(d2i_PUBKEY(nullptr, at, size));
}

// RFC 8017 appendix A.1.1.
PkeyPtr PkeyInPkcs1(const unsigned char** at, long size) {
  return PkeyPtr(d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, size));
}

PkeyPtr PkeyInCertificate(const unsigned char** at, long size) {
  const X509Ptr certificate(d2i_X509(nullptr, at, size));
  if (certificate == nullptr) return nullptr;
  return PkeyPtr(X509_get_pubkey(certificate.get()));
}

struct Label {
  std::string_view text;
  PkeyPtr (*decode)(const unsigned char**, long);
};

constexpr Label kLabels[] = {
    {"PUBLIC KEY", PkeyInSpki},
    {"RSA PUBLIC KEY", PkeyInPkcs1},
    {"CERTIFICATE", PkeyInCertificate},
    {"X509 CERTIFICATE", PkeyInCertificate},
};

absl::StatusOr<PublicNumbers> NumbersIn(const Block& block) {
  for (const Label& label : kLabels) {
    if (label.text != block.label) continue;
    const PkeyPtr key = DecodedWith(label.decode, block.der);
    if (key == nullptr) return Unusable("cannot be read");
    return NumbersOf(*key);
  }
  return Unusable("is not a public key");
}

}  // namespace

absl::StatusOr<std::vector<PemBlock>> PemBlocksIn(std::string_view pem,
                                                  size_t limit) {
  if (pem.size() > kMaxPemSize) return Unusable("PEM is larger than 1 MiB");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<PemBlock> blocks;
  for (size_t number = 1;; ++number) {
    const absl::StatusOr<std::optional<Block>> block = NextBlock(bio.get());
    if (block.ok() && !block->has_value()) break;
    std::string name = base::StrCat("block ", number);
    if (!block.ok()) {
      if (blocks.size() < limit) blocks.push_back({name, block.status(), {}});
      continue;
    }
    const std::string& label = (*block)->label;
    if (label.find("PRIVATE KEY") != std::string::npos) {
      return Unusable("holds a private key");
    }
    if (label.ends_with("PARAMETERS") || blocks.size() == limit) continue;
    blocks.push_back({base::StrCat(name, " (", label, ")"), NumbersIn(**block),
                      label.ends_with("CERTIFICATE")
                          ? CertificateThumbprints::Of((*block)->der)
                          : CertificateThumbprints()});
  }
  if (blocks.empty()) return Unusable("no PUBLIC KEY or CERTIFICATE block");
  return blocks;
}

absl::StatusOr<Key> Key::FromBlock(PemBlock block,
                                   std::optional<std::string> kid) {
  USHER_TRY(const PublicNumbers numbers, std::move(block.numbers));
  USHER_TRY(auto material,
            MakeMaterial(numbers, AlgsFitFor(numbers), std::move(kid),
                         std::move(block.certificate)));
  return Key(std::move(material));
}

absl::StatusOr<Key> Key::FromPem(std::string_view pem,
                                 std::optional<std::string> kid) {
  USHER_TRY(std::vector<PemBlock> blocks, PemBlocksIn(pem, 1));
  return FromBlock(std::move(blocks.front()), std::move(kid));
}

absl::StatusOr<KeySet> KeySet::FromPem(std::string_view pem) {
  // One more than allowed, to see that there is one more.
  USHER_TRY(std::vector<PemBlock> blocks, PemBlocksIn(pem, kMaxKeys + 1));
  KeySet set;
  for (PemBlock& block : blocks) {
    if (!set.HasRoom()) break;
    const std::string name = block.name;
    set.Add(name, std::nullopt, Key::FromBlock(std::move(block), std::nullopt));
  }
  return std::move(set).Checked("PEM");
}

}  // namespace usher::jose
