// A method policy from a YAML file (docs/policy.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "usher/method_policy.h"

namespace usher::guard {

struct FilePolicy {
  MethodPolicy policy;
  std::vector<std::string> audiences;  // empty: the file names none
  // Every fault, of form and of sense, each led by its path and ended by its
  // line. Where there are any, the rest is not to be used.
  std::vector<std::string> faults;
};

// Pure.
FilePolicy ParsePolicyFile(std::string_view yaml);

// The bytes of the file at `path`. Fails in words that can follow its name.
absl::StatusOr<std::string> ReadPolicyFile(const std::string& path);

}  // namespace usher::guard
