#include "lib/policy/policy_watch.h"

#include <utility>

#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/policy/policy_file.h"

namespace usher::guard {
namespace {

bool Same(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

bool PolicyWatch::Stamp::operator==(const Stamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         Same(modified, other.modified) && Same(changed, other.changed);
}

PolicyWatch::PolicyWatch(std::string path, std::vector<std::string> audiences)
    : path_(std::move(path)), audiences_(std::move(audiences)) {}

std::optional<PolicyWatch::Stamp> PolicyWatch::StampNow() const {
  struct stat about {};
  // Follows links: a ConfigMap changes by swapping one.
  if (stat(path_.c_str(), &about) != 0) return std::nullopt;
  return Stamp{about.st_dev, about.st_ino, about.st_size, about.st_mtim,
               about.st_ctim};
}

absl::StatusOr<MethodPolicy> PolicyWatch::Judge(
    const absl::StatusOr<std::string>& text) {
  if (!text.ok()) {
    return absl::InvalidArgumentError(base::Absl(
        base::StrCat("policy_file: ", base::Std(text.status().message()))));
  }
  FilePolicy file = ParsePolicyFile(*text);
  const auto fault = [&](std::string_view what) {
    file.faults.emplace_back(what);
  };
  if (file.audiences.empty() && audiences_.empty() && file.faults.empty()) {
    fault("audiences: must be said, here or in the guard's options");
  }
  if (!file.audiences.empty() && !audiences_.empty()) {
    fault("audiences: are said in the guard's options too; say them once");
  }
  if (!file.faults.empty()) {
    std::string all;
    for (const std::string& one : file.faults) {
      all += base::StrCat(all.empty() ? "" : "; ", one);
    }
    return absl::InvalidArgumentError(
        base::Absl(base::StrCat(path_, ": ", all)));
  }
  return file.policy.WithAudiences(file.audiences.empty() ? audiences_
                                                          : file.audiences);
}

absl::StatusOr<MethodPolicy> PolicyWatch::Open() {
  std::lock_guard lock(mutex_);
  // No stamp is kept, so the next two looks read once more what may have been
  // written at the very moment of this reading.
  absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  absl::StatusOr<MethodPolicy> policy = Judge(text);
  if (text.ok()) text_ = *std::move(text);
  return policy;
}

void PolicyWatch::Connect(Use use, Told told) {
  use_ = std::move(use);
  told_ = std::move(told);
}

absl::Status PolicyWatch::Take(const absl::StatusOr<std::string>& text) {
  text_ = text.ok() ? std::optional(*text) : std::nullopt;
  absl::StatusOr<MethodPolicy> policy = Judge(text);
  if (policy.ok()) use_(*std::move(policy));
  told_(policy.status());
  return policy.status();
}

absl::Status PolicyWatch::Reload() {
  std::lock_guard lock(mutex_);
  read_.reset();
  return Take(ReadPolicyFile(path_));
}

void PolicyWatch::Look() {
  std::lock_guard lock(mutex_);
  const std::optional<Stamp> now = StampNow();
  const bool stands_still = std::exchange(seen_, now) == now;
  if (!stands_still || (read_ && read_ == now)) return;
  const absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  // Written to while it was read: the next looks will tell.
  if (StampNow() != now) return;
  read_ = now;
  // Judged before, for good or ill.
  if (text.ok() == text_.has_value() && (!text.ok() || *text == *text_)) {
    return;
  }
  (void)Take(text);
}

}  // namespace usher::guard
