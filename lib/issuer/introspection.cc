#include "lib/issuer/introspection.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace usher::issuer {
namespace {

constexpr std::string_view kJwtBegin = "eyJ";

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~+/").find(c) != std::string_view::npos;
}

bool AreTokenCharacters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

}  // namespace

bool LooksOpaque(std::string_view token) {
  return !token.starts_with(kJwtBegin) &&
         std::count(token.begin(), token.end(), '.') != 2;
}

bool IsOpaqueToken(std::string_view token) {
  if (token.size() > kMaxOpaqueToken) return false;
  const std::string_view text = token.substr(0, token.find('='));
  const std::string_view padding = token.substr(text.size());
  return !text.empty() && AreTokenCharacters(text) &&
         padding.find_first_not_of('=') == std::string_view::npos;
}

bool IsOpaquePrefix(std::string_view prefix) {
  return !prefix.empty() && prefix.size() <= 64 && AreTokenCharacters(prefix) &&
         !prefix.starts_with(kJwtBegin);
}

void OpaqueRoutes::Add(const Introspection& introspection, size_t issuer) {
  if (!introspection.prefix.empty()) {
    by_prefix_.emplace(introspection.prefix, issuer);
  }
  if (introspection.is_default) default_ = issuer;
}

std::optional<size_t> OpaqueRoutes::Find(std::string_view token) const {
  // No prefix begins with another, so the only candidate is the greatest one
  // that does not come after the token.
  auto candidate = by_prefix_.upper_bound(token);
  if (candidate != by_prefix_.begin() &&
      token.starts_with((--candidate)->first)) {
    return candidate->second;
  }
  return default_;
}

}  // namespace usher::issuer
