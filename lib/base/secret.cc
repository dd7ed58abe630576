#include "usher/secret.h"

#include <string.h>

namespace usher {

void Wipe(std::string& bytes) {
  // The whole capacity: a short string that grew may have left more behind.
  bytes.resize(bytes.capacity());
  explicit_bzero(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace usher
