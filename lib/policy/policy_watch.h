// Reads a policy file, and reads it again when it changes.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/base/mutex.h"
#include "usher/method_policy.h"

namespace usher::guard {

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
  // Identifies a file and its state. Absent: there is no file.
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec modified;
    timespec changed;
    bool operator==(const Stamp& other) const;
  };
  std::optional<Stamp> CurrentStamp() const;
  absl::StatusOr<MethodPolicy> Parse(const absl::StatusOr<std::string>& text);
  absl::Status Use(const absl::StatusOr<std::string>& text)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  const std::vector<std::string> audiences_;
  // Set by Connect().
  Apply apply_;
  OnReload on_reload_;
  base::Mutex mutex_;  // also held while reading, by one thread at a time
  // Of the last file that was read, valid or not.
  std::optional<Stamp> read_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::string> text_ ABSL_GUARDED_BY(mutex_);
  // Of the last poll.
  std::optional<Stamp> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::guard
