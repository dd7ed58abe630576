// The methods that usherd serves: one table for the rights of client services
// and for metric labels.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace usher::server {

enum class Rpc {
  kVerify,
  kBatchVerify,
  kIntrospect,
  kExplain,
  kListIssuers,
  kRefreshKeys,
  kRevoke,
  kUnrevoke,
  kListRevocations
};

// Indexed by Rpc.
inline constexpr auto kRpcNames = std::to_array<std::string_view>(
    {"Verify", "BatchVerify", "Introspect", "Explain", "ListIssuers",
     "RefreshKeys", "Revoke", "Unrevoke", "ListRevocations"});
static_assert(kRpcNames.size() ==
              static_cast<size_t>(Rpc::kListRevocations) + 1);
// ClientService has one bit for each.
static_assert(kRpcNames.size() <= 32);

constexpr std::string_view NameOf(Rpc rpc) {
  return kRpcNames[static_cast<size_t>(rpc)];
}

// The method of exactly that name, or nothing.
constexpr std::optional<Rpc> RpcNamed(std::string_view name) {
  for (size_t i = 0; i < kRpcNames.size(); ++i) {
    if (kRpcNames[i] == name) return static_cast<Rpc>(i);
  }
  return std::nullopt;
}

}  // namespace usher::server
