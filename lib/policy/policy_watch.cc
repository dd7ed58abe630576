#include "lib/policy/policy_watch.h"

#include <utility>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "lib/policy/policy_file.h"

namespace usher::policy {
PolicyWatch::PolicyWatch(std::string path, std::vector<std::string> audiences)
    : path_(std::move(path)), audiences_(std::move(audiences)) {}

absl::StatusOr<MethodPolicy> PolicyWatch::Parse(
    const absl::StatusOr<std::string>& text) const {
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
  const absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  base::MutexLock lock(mutex_);
  watch_.SetInUse({base::ContentIdOf(text)});
  return Parse(text);
}

void PolicyWatch::Connect(Apply apply, OnReload on_reload) {
  apply_ = std::move(apply);
  on_reload_ = std::move(on_reload);
}

absl::Status PolicyWatch::Use(const absl::StatusOr<std::string>& text) {
  // An invalid file counts too, so that it is reported only once.
  watch_.SetInUse({base::ContentIdOf(text)});
  absl::StatusOr<MethodPolicy> policy = Parse(text);
  if (policy.ok()) apply_(*std::move(policy));
  on_reload_(policy.status());
  return policy.status();
}

absl::Status PolicyWatch::Reload() {
  base::MutexLock lock(mutex_);
  return Use(ReadPolicyFile(path_));
}

void PolicyWatch::Poll() {
  base::MutexLock lock(mutex_);
  const absl::StatusOr<std::string> text = ReadPolicyFile(path_);
  if (watch_.Poll({base::ContentIdOf(text)})) (void)Use(text);
}

}  // namespace usher::policy
