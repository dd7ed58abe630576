#include "lib/config/config.h"

#include <utility>

#include "lib/config/checks.h"
#include "lib/config/files.h"
#include "lib/config/node.h"
#include "lib/config/report.h"
#include "lib/config/schema.h"

namespace usher::config {
namespace {

Loaded OneFault(std::string_view fault) {
  return {std::nullopt, {base::StrCat("configuration: ", fault)}, {}};
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace

Loaded Parse(std::string_view yaml, const std::string& directory) {
  const auto root = ParseYaml(yaml);
  if (!root.ok()) return OneFault(base::Std(root.status().message()));
  if (root->kind == Node::Kind::kNull) {
    return OneFault("is empty; the least it needs is one issuer (line 1)");
  }
  Report report(*root);
  Files files(directory);
  Reading reading{report, files};
  Config config;
  ReadMapping<Config>({*root, "", reading}, ServiceKeys(), config);
  CheckWhole(config, report);
  Loaded loaded;
  if (report.ok()) loaded.config = std::move(config);
  loaded.warnings = std::move(report).TakeWarnings();
  loaded.faults = std::move(report).TakeFaults();
  return loaded;
}

Loaded Load(const std::string& path) {
  const auto yaml = ReadFile(path, kMaxYamlSize);
  if (!yaml.ok()) return OneFault(base::Std(yaml.status().message()));
  return Parse(*yaml, DirectoryOf(path));
}

}  // namespace usher::config
