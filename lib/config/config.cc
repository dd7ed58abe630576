#include "lib/config/config.h"

#include <utility>

#include "lib/config/checks.h"
#include "lib/config/files.h"
#include "lib/config/node.h"
#include "lib/config/reload.h"
#include "lib/config/report.h"
#include "lib/config/schema.h"

namespace usher::config {
namespace {

Loaded OneFault(std::string_view fault) {
  return {std::nullopt, {base::StrCat("configuration: ", fault)}, {}, {}};
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// Puts what runs in the place of all that only a restart takes, and judges what
// that makes: callers without the TLS that would tell them must not get in
// force. `loaded` has the warnings of reading alone, and gets the others.
void HoldBack(const Config& running, const Changes& changes, const Node& root,
              Config& config, Loaded& loaded) {
  Keep<Config>(ServiceKeys(), running, config);
  Report report(root);
  CheckWhole(config, report);
  for (const std::string& warning : report.warnings()) {
    loaded.warnings.push_back(warning);
  }
  std::string waiting;
  for (const std::string& path : changes.at_restart) {
    waiting += base::StrCat(waiting.empty() ? "" : ", ", path);
  }
  for (const std::string& fault : std::move(report).TakeFaults()) {
    loaded.faults.push_back(
        base::StrCat(fault, ", until a restart takes ", waiting));
  }
}

// `running` and `changes` are null where nothing runs yet.
Loaded ParseFor(const Config* running, Changes* changes, std::string_view yaml,
                const std::string& directory) {
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
  Loaded loaded;
  loaded.files = files.All();
  loaded.warnings = report.warnings();
  CheckWhole(config, report);
  if (running && report.ok()) {
    Compare<Config>("", ServiceKeys(), std::nullopt, *running, config,
                    *changes);
  }
  if (changes && !changes->at_restart.empty()) {
    HoldBack(*running, *changes, *root, config, loaded);
  } else {
    loaded.warnings = std::move(report).TakeWarnings();
    loaded.faults = std::move(report).TakeFaults();
  }
  if (loaded.faults.empty()) loaded.config = std::move(config);
  return loaded;
}

Loaded LoadFor(const Config* running, Changes* changes,
               const std::string& path) {
  const auto yaml = ReadFile(path, kMaxYamlSize);
  Loaded loaded = yaml.ok()
                      ? ParseFor(running, changes, *yaml, DirectoryOf(path))
                      : OneFault(base::Std(yaml.status().message()));
  loaded.files.push_back({path, kMaxYamlSize, /*kept=*/true, TextOf(yaml)});
  return loaded;
}

}  // namespace

Loaded Parse(std::string_view yaml, const std::string& directory) {
  return ParseFor(nullptr, nullptr, yaml, directory);
}

Loaded Load(const std::string& path) { return LoadFor(nullptr, nullptr, path); }

Reloaded Reload(const std::string& path, const Config& running) {
  Reloaded reloaded;
  reloaded.loaded = LoadFor(&running, &reloaded.changes, path);
  return reloaded;
}

}  // namespace usher::config
