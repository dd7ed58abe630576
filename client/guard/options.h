// The options of a guard: their errors, and those that weaken security.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/base/text/strings.h"
#include "usher/guard.h"

namespace usher::guard {

// Collects the errors of all options. The status has the code of the first.
class OptionErrors {
 public:
  void Add(const absl::Status& error, std::string_view prefix = "") {
    if (error.ok()) return;
    if (all_.empty()) code_ = error.code();
    all_ += base::StrCat(all_.empty() ? "" : "; ", prefix,
                         base::Std(error.message()));
  }
  void Add(std::string_view what) {
    Add(absl::InvalidArgumentError(base::Absl(what)));
  }
  absl::Status ToStatus() const { return {code_, base::Absl(all_)}; }

 private:
  absl::StatusCode code_ = absl::StatusCode::kOk;
  std::string all_;
};

// What can be said without reading the policy file.
OptionErrors CheckOptions(const GuardOptions& options);

// Writes each option that weakens security to gRPC's log.
void LogWeakenedSecurity(const GuardOptions& options);

}  // namespace usher::guard
