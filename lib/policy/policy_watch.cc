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

std::optional<PolicyWatch::Stamp> PolicyWatch::CurrentStamp() const {
  struct stat about {};
  // Follows links: Kubernetes updates a ConfigMap by replacing a link.
  if (stat(path_.c_str(), &about) != 0) return std::nullopt;
  return Stamp{about.st_dev, about.st_ino, about.st_size, about.st_mtim,
               about.st_ctim};
}

absl::StatusOr<MethodPolicy> PolicyWatch::Parse(
    const absl::StatusOr<std::string>& text) {
  if (!text.ok()) {
    return absl::InvalidArgumentError(base::Absl(
        base::StrCat("policy_file: ", base::Std(text.status().message()))));
  }
  FilePolicy file = ParsePolicyFile(*text);
  if (file.audiences.empty() && audiences_.empty() && file.errors.empty()) {
    file.errors.push_back(
        "audiences: required, either here or in the guard's options");
  }
  if (!file.audiences.empty() && !audiences_.empty()) {
    file.errors.push_back(
        "audiences: already set in the guard's options; set them only once");
  }
  if (!file.errors.empty()) {
    std::string all;
    for (const std::string& error : file.errors) {
      all += base::StrCat(all.empty() ? "" : "; ", error);
    }
    return absl::InvalidArgumentError(
        base::Absl(base::StrCat(path_, ": ", all)));
  }
  return file.policy.WithAudiences(file.audiences.empty() ? audiences_
                                                          : file.audiences);
}

absl::StatusOr<MethodPolicy> PolicyWatch::Open() {
  base::MutexLock lock(mutex_);
  // `read_` stays empty, so Poll() reads the file once more: it may have been
  // written while it was read here.
  absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  absl::StatusOr<MethodPolicy> policy = Parse(text);
  if (text.ok()) text_ = *std::move(text);
  return policy;
}

void PolicyWatch::Connect(Apply apply, OnReload on_reload) {
  apply_ = std::move(apply);
  on_reload_ = std::move(on_reload);
}

absl::Status PolicyWatch::Use(const absl::StatusOr<std::string>& text) {
  text_ = text.ok() ? std::optional(*text) : std::nullopt;
  absl::StatusOr<MethodPolicy> policy = Parse(text);
  if (policy.ok()) apply_(*std::move(policy));
  on_reload_(policy.status());
  return policy.status();
}

absl::Status PolicyWatch::Reload() {
  base::MutexLock lock(mutex_);
  read_.reset();
  return Use(ReadPolicyFile(path_));
}

void PolicyWatch::Poll() {
  base::MutexLock lock(mutex_);
  const std::optional<Stamp> current = CurrentStamp();
  const bool unchanged = std::exchange(seen_, current) == current;
  if (!unchanged || (read_ && read_ == current)) return;
  const absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  // It was changed while it was read: a later poll reads it.
  if (CurrentStamp() != current) return;
  read_ = current;
  // The same text, or still unreadable.
  if (text.ok() == text_.has_value() && (!text.ok() || *text == *text_)) {
    return;
  }
  (void)Use(text);
}

}  // namespace usher::guard
