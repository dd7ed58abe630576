// Collects the errors and warnings of one file while it is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/base/text/strings.h"
#include "lib/yaml/node.h"

namespace usher::yaml {

// Not thread-safe.
class Report {
 public:
  // Further errors are only counted, so that a hostile file cannot fill the
  // memory with messages.
  static constexpr size_t kMaxErrors = 1000;

  // `root` must outlive this object; it provides the lines. `file_kind` stands
  // in place of the path in errors that have none.
  explicit Report(const Node& root,
                  std::string_view file_kind = "configuration")
      : root_(root), file_kind_(file_kind) {}

  // The value at `path` is invalid and was not read.
  void AddError(std::string_view path, int line, std::string_view message);

  // Something in the mapping at `path` is invalid. The rest of it was read.
  void AddErrorInside(std::string_view path, int line,
                      std::string_view message);

  // An error that a check found after reading; the line is that of `path`.
  // Ignored if there already is an error at `path`, below it or around it: then
  // this one is only a consequence, such as "must not be empty" for a list that
  // has the wrong type.
  void AddCheckError(std::string_view path, std::string_view message);

  // The same for "PATH: message".
  void AddCheckError(std::string_view error);

  void AddWarning(std::string_view path, std::string_view message);
  void AddWarning(std::string warning) {
    warnings_.push_back(std::move(warning));
  }

  bool ok() const { return count_ == 0; }
  // All errors, including those beyond kMaxErrors.
  size_t error_count() const { return count_; }
  bool full() const { return count_ >= kMaxErrors; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Each error begins with its path and ends with its line:
  // "issuers[1].audiences: must not be empty (line 14)".
  std::vector<std::string> TakeErrors() &&;
  std::vector<std::string> TakeWarnings() && { return std::move(warnings_); }

 private:
  using Paths =
      absl::flat_hash_set<std::string, base::StringHash, std::equal_to<>>;

  bool IsConsequence(std::string_view path) const;

  const Node& root_;
  const std::string_view file_kind_;
  size_t count_ = 0;
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  Paths unread_;   // paths with an error of their own
  Paths invalid_;  // paths with an error at them or below
};

}  // namespace usher::yaml
