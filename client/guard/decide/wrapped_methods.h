// The methods of one server for which the gate may defer the refusals of
// verified tokens, because a wrapper stands in front of their handlers
// (usher/guarded_service.h).
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "lib/base/text/strings.h"

namespace usher::guard {

// Immutable, so thread-safe.
class WrappedMethods {
 public:
  explicit WrappedMethods(const std::set<std::string>& paths)
      : paths_(paths.begin(), paths.end()) {}

  // The name of the method at `path`, or null if it is not wrapped. Valid as
  // long as this object.
  const std::string* Find(std::string_view path) const {
    const auto found = paths_.find(base::Absl(path));
    return found == paths_.end() ? nullptr : &*found;
  }
  bool operator==(const WrappedMethods&) const = default;

 private:
  const absl::flat_hash_set<std::string> paths_;
};

}  // namespace usher::guard
