#include "server/rpc/key_status.h"

#include <string_view>

#include "lib/json/base64url.h"

namespace usher::server {

const char* NameOf(jose::KeyType type) {
  switch (type) {
    case jose::KeyType::kRsa:
      return "RSA";
    case jose::KeyType::kEc:
      return "EC";
    case jose::KeyType::kOkp:
      return "OKP";
  }
  return "";
}

std::vector<std::string> AlgNames(jose::AlgSet algs) {
  std::vector<std::string> out;
  for (const jose::AlgInfo& row : jose::Algs()) {
    if (algs.Has(row.alg)) out.emplace_back(row.name);
  }
  return out;
}

std::string ThumbprintOf(const jose::Key& key) {
  const auto& digest = key.thumbprint();
  return json::EncodeBase64Url(std::string_view(
      reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::vector<absl::Time> FirstSeen(const jwks::KeySnapshot& served,
                                  const jwks::CacheStatus& status,
                                  absl::Time now) {
  std::vector<absl::Time> out = status.first_seen;
  out.resize(served.keys.keys().size(), served.fetched_at.value_or(now));
  return out;
}

}  // namespace usher::server
