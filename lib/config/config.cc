#include "lib/config/config.h"

#include <utility>

#include "absl/time/clock.h"
#include "lib/config/cross_checks.h"
#include "lib/config/fields.h"
#include "lib/config/key_pairs.h"
#include "lib/yaml/parse.h"
#include "lib/yaml/report.h"

namespace usher::config {
namespace {

using yaml::Changes;
using yaml::Node;
using yaml::Report;

Loaded OneError(std::string_view error) {
  return {.errors = {base::StrCat("configuration: ", error)}};
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return "";
  return path.substr(0, slash == 0 ? 1 : slash);
}

// Sets the fields that need a restart to their running values and checks the
// combination: callers must not be applied without the TLS that identifies
// them. Adds to the warnings of reading those of the combination.
void KeepRestartFields(const Config& running, const Changes& changes,
                       const Node& root, Config& config, Loaded& loaded) {
  yaml::KeepUntilRestart<Config>(ServiceFields(), running, config);
  Report report(root);
  CrossCheck(config, report);
  for (const std::string& warning : report.warnings()) {
    loaded.warnings.push_back(warning);
  }
  std::string pending;
  for (const std::string& path : changes.at_restart) {
    pending += base::StrCat(pending.empty() ? "" : ", ", path);
  }
  for (const std::string& error : std::move(report).TakeErrors()) {
    loaded.errors.push_back(
        base::StrCat(error, ", until a restart applies ", pending));
  }
}

// `running` and `changes` are null on the first load.
Loaded ParseFor(const Config* running, Changes* changes, std::string_view text,
                const std::string& directory) {
  const auto root = yaml::Parse(text);
  if (!root.ok()) return OneError(base::Std(root.status().message()));
  if (root->kind == Node::Kind::kNull) {
    return OneError("is empty; at least one issuer is required (line 1)");
  }
  Report report(*root);
  yaml::Files files(directory);
  yaml::Reading reading{report, files};
  Config config;
  yaml::ReadMapping<Config>({*root, "", reading}, ServiceFields(), config);
  Loaded loaded;
  loaded.files = files.All();
  loaded.warnings = report.warnings();
  CrossCheck(config, report);
  CheckKeyPairs(config, running, absl::Now(), files, report);
  if (running && report.ok()) {
    yaml::Compare<Config>("", ServiceFields(), std::nullopt, *running, config,
                          *changes);
  }
  if (changes && !changes->at_restart.empty()) {
    KeepRestartFields(*running, *changes, *root, config, loaded);
  } else {
    loaded.warnings = std::move(report).TakeWarnings();
    loaded.errors = std::move(report).TakeErrors();
  }
  if (loaded.errors.empty()) {
    loaded.notes = NotesOn(config);
    loaded.config = std::move(config);
  }
  return loaded;
}

Loaded LoadFor(const Config* running, Changes* changes,
               const std::string& path) {
  const auto text = base::ReadFile(path, yaml::kMaxSize);
  Loaded loaded = text.ok()
                      ? ParseFor(running, changes, *text, DirectoryOf(path))
                      : OneError(base::Std(text.status().message()));
  loaded.files.push_back(
      {path, yaml::kMaxSize, /*is_stored=*/true, base::ContentIdOf(text)});
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
