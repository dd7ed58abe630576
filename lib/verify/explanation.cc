#include "lib/verify/explanation.h"

namespace usher::verify {

Explanation::Explanation() {
  for (std::string_view name : token::kCheckNames) {
    checks_.push_back({.name = name});
  }
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
