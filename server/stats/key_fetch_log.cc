#include "server/stats/key_fetch_log.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::server {

using base::LogLevel;

uint64_t KeyFetchLog::CountFailure(const std::string& issuer_name) {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  Failures& failures = failures_[issuer_name];
  ++failures.unwritten;
  if (failures.failing && now - failures.last_written < kFailureInterval) {
    return 0;
  }
  failures.failing = true;
  failures.last_written = now;
  return std::exchange(failures.unwritten, 0);
}

bool KeyFetchLog::CountSuccess(const std::string& issuer_name) {
  base::MutexLock lock(mutex_);
  const auto found = failures_.find(issuer_name);
  if (found == failures_.end()) return false;
  failures_.erase(found);
  return true;
}

void KeyFetchLog::Follow(const std::vector<std::string>& issuer_names) {
  const std::set<std::string> names(issuer_names.begin(), issuer_names.end());
  base::MutexLock lock(mutex_);
  std::erase_if(failures_,
                [&](const auto& one) { return !names.contains(one.first); });
}

void KeyFetchLog::OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
                          const absl::Status& result, absl::Duration took) {
  next_.OnFetch(issuer_name, trigger, result, took);
  if (result.ok()) {
    if (!CountSuccess(issuer_name)) return;
    log_.Write(
        LogLevel::kInfo, "key_fetch_recovered",
        [&](base::JsonObject& line) { line.Add("issuer", issuer_name); });
    return;
  }
  const uint64_t failures = CountFailure(issuer_name);
  if (failures == 0) return;
  log_.Write(LogLevel::kWarning, "key_fetch_failed",
             [&](base::JsonObject& line) {
               line.Add("issuer", issuer_name)
                   .Add("error", base::Std(result.message()))
                   .Add("failures", failures);
             });
}

void KeyFetchLog::OnKeysChanged(const std::string& issuer_name, size_t keys) {
  next_.OnKeysChanged(issuer_name, keys);
  log_.Write(LogLevel::kInfo, "keys_changed", [&](base::JsonObject& line) {
    line.Add("issuer", issuer_name).Add("keys", keys);
  });
}

void KeyFetchLog::OnUnusableKeys(const std::string& issuer_name,
                                 std::span<const std::string> why) {
  next_.OnUnusableKeys(issuer_name, why);
  constexpr size_t kMostNamed = 10;
  const std::vector<std::string> named(
      why.begin(), why.begin() + std::min(why.size(), kMostNamed));
  log_.Write(LogLevel::kWarning, "keys_unusable", [&](base::JsonObject& line) {
    line.Add("issuer", issuer_name).Add("keys", why.size()).Add("why", named);
  });
}

void KeyFetchLog::OnAmbiguousKeys(const std::string& issuer_name,
                                  const std::string& why) {
  next_.OnAmbiguousKeys(issuer_name, why);
  log_.Write(LogLevel::kWarning, "keys_ambiguous", [&](base::JsonObject& line) {
    line.Add("issuer", issuer_name).Add("why", why);
  });
}

}  // namespace usher::server
