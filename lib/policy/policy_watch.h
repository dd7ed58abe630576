// Reads a policy file, and reads it again when it changes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/file.h"
#include "lib/base/mutex.h"
#include "usher/method_policy.h"

namespace usher::policy {

// Thread-safe. Blocks on the disk. A policy is applied as a whole: nothing of a
// file with errors is used.
class PolicyWatch {
 public:
  // Receives a policy in which every rule that needs audiences has them.
  using Apply = std::function<void(MethodPolicy)>;
  // OK: the file was applied. INVALID_ARGUMENT: all its errors.
  using OnReload = std::function<void(const absl::Status&)>;

  // `audiences` are those of the guard's options. Exactly one of the options
  // and the file must have audiences.
  PolicyWatch(std::string path, std::vector<std::string> audiences);

  // Reads the file for the first time. INVALID_ARGUMENT: all its errors.
  absl::StatusOr<MethodPolicy> Open();

  // Sets the callbacks of the functions below. To be called once, before them.
  void Connect(Apply apply, OnReload on_reload);

  // Reads the file now, even if it has not changed.
  absl::Status Reload();

  // To be called about every second. Reads the file if it has changed since it
  // was last read and has not changed since the last poll, so that a file which
  // is being written in place is not read in parts.
  void Poll();

 private:
  absl::StatusOr<MethodPolicy> Parse(
      const absl::StatusOr<std::string>& text) const;
  // Reports the result, and applies the policy if there is one.
  absl::Status Use(const absl::StatusOr<std::string>& text)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::vector<std::string> audiences_;
  // Set by Connect().
  Apply apply_;
  OnReload on_reload_;
  base::Mutex mutex_;  // also held while a callback runs
  base::FileWatch watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::policy
