#include "lib/jose/openssl.h"

#include <array>
#include <cstdlib>

namespace usher::jose {
namespace {

// Indexed by Digest.
constexpr std::array kNames = {"", "SHA2-256", "SHA2-384", "SHA2-512"};
static_assert(kNames.size() == kDigests);

struct Fetched {
  std::array<EVP_MD*, kNames.size()> mds{};

  Fetched() {
    for (size_t i = 1; i < kNames.size(); ++i) {
      mds[i] = EVP_MD_fetch(nullptr, kNames[i], nullptr);
      if (mds[i] == nullptr) std::abort();
    }
  }
};

}  // namespace

const EVP_MD* FetchedMd(Digest digest) {
  static const Fetched fetched;
  return fetched.mds[static_cast<size_t>(digest)];
}

size_t Hash(Digest digest, std::string_view bytes, unsigned char* out) {
  // One for each digest: a context that changes its digest allocates again.
  thread_local std::array<MdCtxPtr, kNames.size()> contexts;
  MdCtxPtr& context = contexts[static_cast<size_t>(digest)];
  if (context == nullptr) context.reset(EVP_MD_CTX_new());
  unsigned size = 0;
  if (context == nullptr ||
      EVP_DigestInit_ex2(context.get(), FetchedMd(digest), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out, &size) != 1) {
    std::abort();
  }
  return size;
}

}  // namespace usher::jose
