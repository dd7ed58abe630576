// What decodes, decodes to bytes that encode to the same text: no second text
// means the same bytes.
#include "lib/json/base64url.h"
#include "tests/fuzz/fuzz_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view text = fuzz::TextOf(data, size);
  std::string bytes;
  if (json::DecodeBase64Url(text, bytes)) {
    fuzz::Check(json::EncodeBase64Url(bytes) == text);
  }
  fuzz::Check(json::DecodeBase64Url(json::EncodeBase64Url(text), bytes));
  fuzz::Check(bytes == text);
  return 0;
}
