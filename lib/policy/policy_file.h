// Method policies from YAML files (docs/policy.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "usher/method_policy.h"

namespace usher::policy {

struct FilePolicy {
  MethodPolicy policy;
  std::vector<std::string> audiences;  // empty: the file has none
  // All errors, each with its path and line. If there are any, `policy` is
  // incomplete and must not be used.
  std::vector<std::string> errors;
};

// Pure.
FilePolicy ParsePolicyFile(std::string_view text);

// The content of the file at `path`. Blocks on the disk. The error message can
// follow the name of an option: "cannot read policy.yaml: Permission denied".
absl::StatusOr<std::string> ReadPolicyFile(const std::string& path);

}  // namespace usher::policy
