// The checks that a token passes, by name.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace usher::token {

// In the order in which they run.
enum class CheckId {
  kForm,
  kCriticalHeaders,
  kType,
  kAlgorithm,
  kIssuer,
  kKey,
  kSignature,
  kIntrospection,
  kClaims,
  kTime,
  kAudience,
  kKind,
  kRules,
  kBinding,
  kScope,
};

// Indexed by CheckId.
inline constexpr auto kCheckNames = std::to_array<std::string_view>(
    {"form", "critical headers", "type", "algorithm", "issuer", "key",
     "signature", "introspection", "claims", "time", "audience", "kind",
     "claim rules", "binding", "scope"});
static_assert(kCheckNames.size() == static_cast<size_t>(CheckId::kScope) + 1);

}  // namespace usher::token
