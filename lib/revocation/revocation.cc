#include "lib/revocation/revocation.h"

namespace usher::revocation {
namespace {

void AppendSized(std::string& out, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>((size >> shift) & 0xff);
  }
  out += text;
}

}  // namespace

TargetDigest DigestOf(const TargetView& target) {
  std::string bytes;
  bytes.reserve(target.issuer.size() + target.tenant.size() +
                target.value.size() + 16);
  AppendSized(bytes, target.issuer);
  AppendSized(bytes, target.tenant);
  bytes += static_cast<char>(target.kind);
  AppendSized(bytes, target.value);
  return jose::Sha256(bytes);
}

}  // namespace usher::revocation
