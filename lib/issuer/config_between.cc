// Faults that only several issuers together can have.
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "lib/base/strings.h"
#include "lib/issuer/config.h"

namespace usher::issuer {

std::vector<std::string> FaultsAmong(const std::vector<Config>& configs) {
  std::vector<std::string> faults;
  absl::flat_hash_map<std::string, size_t> names;
  absl::flat_hash_map<std::string, size_t> issuers;
  const auto check = [&](auto& seen, const std::string& value, size_t i,
                         std::string_view key) {
    const auto [first, fresh] = seen.emplace(value, i);
    if (fresh || value.empty()) return;
    faults.push_back(base::StrCat("issuers[", i, "].", key,
                                  ": is already that of issuers[",
                                  first->second, "]"));
  };
  for (size_t i = 0; i < configs.size(); ++i) {
    check(names, configs[i].name, i, "name");
    // Two issuers of one identifier would leave it open whose keys and whose
    // audiences count.
    check(issuers, configs[i].issuer, i, "issuer");
  }
  return faults;
}

absl::Status Validate(const std::vector<Config>& configs) {
  std::vector<std::string> errors;
  for (size_t i = 0; i < configs.size(); ++i) {
    for (std::string& error :
         FaultsIn(configs[i], base::StrCat("issuers[", i, "]"))) {
      errors.push_back(std::move(error));
    }
  }
  for (std::string& error : FaultsAmong(configs)) {
    errors.push_back(std::move(error));
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace usher::issuer
