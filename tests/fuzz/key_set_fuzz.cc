// Arbitrary key sets and PEM texts: every resulting key is usable.
#include "lib/jose/key_set.h"
#include "lib/jose/signature.h"
#include "tests/fuzz/fuzz_check.h"

namespace usher {
namespace {

void Use(const jose::KeySet& set) {
  fuzz::Check(!set.keys().empty());
  fuzz::Check(set.keys().size() + set.ignored().size() <=
              jose::KeySet::kMaxKeys + 1);
  for (const jose::Key& key : set.keys()) {
    fuzz::Check(!key.algs().empty());
    fuzz::Check(!key.kid() || key.kid()->size() <= 256);
    for (const jose::AlgInfo& row : jose::Algs()) {
      const size_t bytes = row.signature_size != 0
                               ? row.signature_size
                               : static_cast<size_t>(key.bits() + 7) / 8;
      fuzz::Check(!jose::VerifySignature(key, row.alg, "text",
                                         std::string(bytes, '\x21')));
    }
  }
}

}  // namespace
}  // namespace usher

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view text = fuzz::TextOf(data, size);
  if (const auto set = jose::KeySet::FromJwks(text); set.ok()) Use(*set);
  if (const auto set = jose::KeySet::FromPem(text); set.ok()) Use(*set);
  return 0;
}
