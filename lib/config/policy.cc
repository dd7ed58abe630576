#include "lib/config/policy.h"

#include <utility>

#include "lib/config/node.h"
#include "lib/config/policy_keys.h"
#include "lib/config/report.h"

namespace usher::config {
namespace {

LoadedPolicy OneFault(std::string_view fault) {
  return {{}, {base::StrCat("policy: ", fault)}};
}

}  // namespace

LoadedPolicy ParsePolicy(std::string_view yaml) {
  const auto root = ParseYaml(yaml);
  if (!root.ok()) return OneFault(base::Std(root.status().message()));
  if (root->kind == Node::Kind::kNull) {
    return OneFault("is empty, so nobody could call anything (line 1)");
  }
  Report report(*root, "policy");
  Files files("");  // a policy names none
  Reading reading{report, files};
  LoadedPolicy loaded;
  ReadMapping<Policy>({*root, "", reading}, PolicyKeys(), loaded.policy);
  loaded.faults = std::move(report).TakeFaults();
  return loaded;
}

}  // namespace usher::config
