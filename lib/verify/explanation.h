// Every check on a token's path, and how each ended: for people who ask why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/reason.h"

namespace usher::verify {

struct Check {
  enum class Outcome { kPassed, kFailed, kNotReached, kUndecided };
  std::string_view name;  // "signature"; see kCheckNames in judgement.h
  Outcome outcome = Outcome::kNotReached;
  std::string detail;
  std::optional<base::Reason> reason;
};

}  // namespace usher::verify
