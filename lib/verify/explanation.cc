#include "lib/verify/explanation.h"

#include <array>

namespace usher::verify {
namespace {

constexpr auto kNames = std::to_array<std::string_view>(
    {"form", "critical headers", "type", "algorithm", "issuer", "key",
     "signature", "claims", "time", "audience", "kind", "binding", "scope"});

}  // namespace

std::span<const std::string_view> CheckNames() { return kNames; }

Explanation::Explanation() {
  for (std::string_view name : kNames) checks_.push_back({.name = name});
}

void Explanation::Passed(CheckId id, std::string detail) {
  Check& check = checks_[static_cast<size_t>(id)];
  check.outcome = Check::Outcome::kPassed;
  check.detail = std::move(detail);
}

void Explanation::Failed(CheckId id, const base::Refusal& refusal) {
  Check& check = checks_[static_cast<size_t>(id)];
  check.outcome = IsUndecided(refusal.reason) ? Check::Outcome::kUndecided
                                              : Check::Outcome::kFailed;
  check.detail = refusal.message;
  check.reason = refusal.reason;
}

}  // namespace usher::verify
