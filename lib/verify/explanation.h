// How each check of one token ended, for operators who ask why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/token/check_id.h"
#include "usher/reason.h"

namespace usher::verify {

struct Check {
  enum class Outcome { kPassed, kFailed, kNotReached, kUndecided };
  std::string_view name;  // "signature"; see token::kCheckNames
  Outcome outcome = Outcome::kNotReached;
  std::string detail;
  std::optional<Reason> reason;
};

using token::CheckId;

// Collects the checks of one evaluation. A check that it is not given was not
// reached.
class Explanation {
 public:
  Explanation();
  void Passed(CheckId id, std::string detail);
  void Failed(CheckId id, const base::Refusal& refusal);
  std::vector<Check> Take() && { return std::move(checks_); }

 private:
  std::vector<Check> checks_;
};

}  // namespace usher::verify
