#include "lib/base/secret.h"

#include <openssl/crypto.h>

namespace usher::base {

void Wipe(std::string& bytes) {
  // The whole capacity: a short string that grew may have left more behind.
  bytes.resize(bytes.capacity());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace usher::base
