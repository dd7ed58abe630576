// What differs between two configurations, key by key.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace usher::config {

// When a key's new value comes to count.
enum class Taken { kAtRestart, kByReload };

// Paths of keys. An element of a list is called by its name, whatever its
// place: "issuers[corp].audiences".
struct Changes {
  std::vector<std::string> added;    // elements that are new: "issuers[corp]"
  std::vector<std::string> removed;  // elements that are gone
  std::vector<std::string> changed;  // other keys
  // Keys that differ but go on as they were until the service is started anew.
  std::vector<std::string> at_restart;

  void Add(Taken taken, std::vector<std::string> Changes::*list,
           std::string path) {
    (taken == Taken::kByReload ? this->*list : at_restart)
        .push_back(std::move(path));
  }
  bool empty() const {
    return added.empty() && removed.empty() && changed.empty() &&
           at_restart.empty();
  }
};

}  // namespace usher::config
