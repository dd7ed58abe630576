// The methods of one server that may be told of a refusal behind the gate,
// because a wrapper stands before their handlers: usher/guarded_service.h.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "lib/base/strings.h"

namespace usher::guard {

// Immutable, so thread-safe.
class WrappedMethods {
 public:
  explicit WrappedMethods(const std::set<std::string>& paths)
      : paths_(paths.begin(), paths.end()) {}

  // The name of that method; null where it is none of these. Valid as long as
  // this.
  const std::string* Find(std::string_view path) const {
    const auto found = paths_.find(base::Absl(path));
    return found == paths_.end() ? nullptr : &*found;
  }

 private:
  const absl::flat_hash_set<std::string> paths_;
};

}  // namespace usher::guard
