// The differences between two configurations, by the paths of their fields.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace usher::yaml {

// When a new value of a field takes effect.
enum class AppliedOn { kRestart, kReload };

// Paths of fields. An element of a list is identified by its name, not by its
// position: "issuers[corp].audiences".
struct Changes {
  std::vector<std::string> added;    // new elements: "issuers[corp]"
  std::vector<std::string> removed;  // elements that are gone
  std::vector<std::string> changed;  // other fields
  // Fields that differ and keep their running value until a restart.
  std::vector<std::string> at_restart;

  void Add(AppliedOn applied_on, std::vector<std::string> Changes::*list,
           std::string path) {
    (applied_on == AppliedOn::kReload ? this->*list : at_restart)
        .push_back(std::move(path));
  }
  bool empty() const {
    return added.empty() && removed.empty() && changed.empty() &&
           at_restart.empty();
  }
};

}  // namespace usher::yaml
