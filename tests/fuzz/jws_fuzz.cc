// Only the one signed token is verified, whatever else parses.
#include "lib/jose/jws.h"
#include "lib/jose/sign.h"
#include "tests/fuzz/fuzz_check.h"

namespace usher {
namespace {

jose::Key TrustedKey() {
  const auto signer = jose::SigningKey::Generate(jose::Alg::kEd25519);
  json::Reader reader;
  return jose::Key::FromJwk(*reader.Parse(signer->PublicJwk("k"))).value();
}

}  // namespace
}  // namespace usher

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  static const jose::Key key = TrustedKey();
  const std::string_view token = fuzz::TextOf(data, size);
  const auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  if (!jws.ok()) {
    fuzz::Check(!jws.refusal().message.empty());
    return 0;
  }
  fuzz::Check(size <= jose::Jws::kMaxSize);
  fuzz::Check(token.starts_with(jws->signing_input()));
  fuzz::Check(jws->UnverifiedClaims().IsObject());
  const auto payload = jws->Verify(key, jose::DefaultAlgs());
  fuzz::Check(!payload.ok());
  return 0;
}
