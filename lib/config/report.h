// Everything that is wrong with a configuration, gathered while it is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/base/strings.h"
#include "lib/config/node.h"

namespace usher::config {

// Not thread-safe.
class Report {
 public:
  // More are only counted: nobody reads them, and a hostile file must not fill
  // the memory with them.
  static constexpr size_t kMaxFaults = 1000;

  // `root`, which must live longer, tells the lines. `whole` is what the file
  // is called where a fault has no path.
  explicit Report(const Node& root, std::string_view whole = "configuration")
      : root_(root), whole_(whole) {}

  // A fault of the value at `path`: nothing below it was read.
  void Fault(std::string_view path, int line, std::string_view message);

  // A fault inside the mapping at `path`, the rest of which was read.
  void FaultInside(std::string_view path, int line, std::string_view message);

  // A fault that a later check found, at the line of what stands at `path`. Not
  // told when there is a fault at `path`, below it or around it already: it
  // would be a consequence, such as "must not be empty" of a list that was
  // misspelt.
  void Later(std::string_view path, std::string_view message);

  // The same for "PATH: message".
  void Later(std::string_view fault);

  void Warn(std::string_view path, std::string_view message);
  void Warn(std::string warning) { warnings_.push_back(std::move(warning)); }

  bool ok() const { return count_ == 0; }
  size_t count() const { return count_; }
  bool full() const { return count_ >= kMaxFaults; }
  const std::vector<std::string>& warnings() const { return warnings_; }
  std::vector<std::string> TakeFaults() &&;
  std::vector<std::string> TakeWarnings() && { return std::move(warnings_); }

 private:
  using Paths =
      absl::flat_hash_set<std::string, base::StringHash, std::equal_to<>>;

  bool IsConsequence(std::string_view path) const;

  const Node& root_;
  const std::string_view whole_;
  size_t count_ = 0;
  std::vector<std::string> faults_;
  std::vector<std::string> warnings_;
  Paths unread_;  // with a fault of their own
  Paths faulty_;  // with a fault at them or below
};

}  // namespace usher::config
