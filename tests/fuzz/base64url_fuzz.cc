// What decodes, decodes to bytes that encode to the same text: no second text
// means the same bytes.
#include "lib/jose/base64url.h"
#include "tests/fuzz/fuzz_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view text = fuzz::TextOf(data, size);
  std::string bytes;
  if (jose::DecodeBase64Url(text, bytes)) {
    fuzz::Check(jose::EncodeBase64Url(bytes) == text);
  }
  fuzz::Check(jose::DecodeBase64Url(jose::EncodeBase64Url(text), bytes));
  fuzz::Check(bytes == text);
  return 0;
}
