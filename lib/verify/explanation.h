// Every check on a token's path, and how each ended: for people who ask why.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "usher/reason.h"

namespace usher::verify {

struct Check {
  enum class Outcome { kPassed, kFailed, kNotReached, kUndecided };
  std::string_view name;  // "signature"; see CheckNames()
  Outcome outcome = Outcome::kNotReached;
  std::string detail;
  std::optional<Reason> reason;
};

// The checks, in the order in which they run.
enum class CheckId {
  kForm,
  kCriticalHeaders,
  kType,
  kAlgorithm,
  kIssuer,
  kKey,
  kSignature,
  kClaims,
  kTime,
  kAudience,
  kKind,
  kBinding,
  kScope,
};
std::span<const std::string_view> CheckNames();

// Collects the checks of one judgement. What it was not told of was not
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
