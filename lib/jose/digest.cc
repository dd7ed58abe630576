#include "lib/jose/digest.h"

#include <openssl/rand.h>

#include <cstdlib>

#include "lib/jose/openssl.h"

namespace usher::jose {

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  Hash(Digest::kSha256, bytes, digest.data());
  return digest;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                 static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

}  // namespace usher::jose
