// Reads a policy file, and again when it has changed.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "usher/method_policy.h"

namespace usher::guard {

// Thread-safe. Blocks on the disk. A policy is given out whole or not at all:
// what is in a faulty file is told and goes no further.
class PolicyWatch {
 public:
  // Given a policy that names audiences in every rule.
  using Use = std::function<void(MethodPolicy)>;
  // OK: the file is in force. Else every fault in it.
  using Told = std::function<void(const absl::Status&)>;

  // `audiences` are those of the guard's options. They are said there or in the
  // file: in both or in neither is a fault.
  PolicyWatch(std::string path, std::vector<std::string> audiences);

  // Reads the file for the first time. INVALID_ARGUMENT: its faults.
  absl::StatusOr<MethodPolicy> Open();

  // Whom the functions below give to and tell. Set once, before them.
  void Connect(Use use, Told told);

  // Reads the file now, whether or not it has changed.
  absl::Status Reload();

  // To be called every second or so: reads the file if it has changed since it
  // was read, and has stood still since the last look. So a file that is being
  // written in place is not read in halves.
  void Look();

 private:
  // Which file the path leads to, and which state of it. Absent: none.
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec modified;
    timespec changed;
    bool operator==(const Stamp& other) const;
  };
  std::optional<Stamp> StampNow() const;
  absl::StatusOr<MethodPolicy> Judge(const absl::StatusOr<std::string>& text);
  absl::Status Take(const absl::StatusOr<std::string>& text);

  const std::string path_;
  const std::vector<std::string> audiences_;
  Use use_;
  Told told_;
  std::mutex mutex_;  // over what is below, and over one reading at a time
  // Of what was read last, which may be faulty: it is judged once.
  std::optional<Stamp> read_;
  std::optional<std::string> text_;  // absent: could not be read
  std::optional<Stamp> seen_;        // at the last look
};

}  // namespace usher::guard
