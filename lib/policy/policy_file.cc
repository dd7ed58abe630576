#include "lib/policy/policy_file.h"

#include <utility>

#include "lib/base/file.h"
#include "lib/base/text/strings.h"
#include "lib/policy/policy_fields.h"
#include "lib/yaml/files.h"
#include "lib/yaml/parse.h"
#include "lib/yaml/report.h"

namespace usher::policy {
namespace {

FilePolicy OneError(std::string_view error) {
  FilePolicy file;
  file.errors.push_back(base::StrCat("policy: ", error));
  return file;
}

}  // namespace

FilePolicy ParsePolicyFile(std::string_view text) {
  const auto root = yaml::Parse(text);
  if (!root.ok()) return OneError(base::Std(root.status().message()));
  if (root->kind == yaml::Node::Kind::kNull) {
    return OneError("is empty, so every call would be refused (line 1)");
  }
  yaml::Report report(*root, "policy");
  yaml::Files files("");  // a policy refers to no other files
  yaml::Reading reading{report, files};
  FilePolicy file;
  yaml::ReadMapping<FilePolicy>({*root, "", reading}, PolicyFields(), file);
  file.errors = std::move(report).TakeErrors();
  return file;
}

absl::StatusOr<std::string> ReadPolicyFile(const std::string& path) {
  return base::ReadFile(path, yaml::kMaxSize);
}

}  // namespace usher::policy
