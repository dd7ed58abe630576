#include "server/stats/introspection_log.h"

#include <set>
#include <utility>
#include <variant>

namespace usher::server {

using base::LogLevel;

uint64_t IntrospectionLog::CountFailure(const std::string& issuer_name) {
  const absl::Time now = clock_.Now();
  base::MutexLock lock(mutex_);
  Failures& failures = failures_[issuer_name];
  ++failures.unwritten;
  failures.last = now;
  if (now - failures.last_written < kInterval) return 0;
  failures.last_written = now;
  return std::exchange(failures.unwritten, 0);
}

bool IntrospectionLog::CountSuccess(const std::string& issuer_name) {
  base::MutexLock lock(mutex_);
  const auto found = failures_.find(issuer_name);
  if (found == failures_.end() ||
      clock_.Now() - found->second.last < kInterval) {
    return false;
  }
  failures_.erase(found);
  return true;
}

void IntrospectionLog::Follow(const std::vector<std::string>& issuer_names) {
  const std::set<std::string> names(issuer_names.begin(), issuer_names.end());
  base::MutexLock lock(mutex_);
  std::erase_if(failures_,
                [&](const auto& one) { return !names.contains(one.first); });
}

void IntrospectionLog::OnAnswer(const std::string& issuer_name,
                                const introspect::Answer& answer,
                                absl::Duration took) {
  next_.OnAnswer(issuer_name, answer, took);
  const std::string_view result =
      introspect::kResultLabels[introspect::ResultOf(answer)];
  if (const auto* error = std::get_if<introspect::EndpointError>(&answer)) {
    return LogFailure(issuer_name, result, error->message);
  }
  // What the issuer calls inactive is no failure.
  const auto* refusal = std::get_if<base::Refusal>(&answer);
  if (refusal && refusal->reason != Reason::kTokenInactive) {
    return LogFailure(issuer_name, result, refusal->message);
  }
  if (!CountSuccess(issuer_name)) return;
  log_.Write(LogLevel::kInfo, "introspection_recovered",
             [&](base::JsonObject& line) { line.Add("issuer", issuer_name); });
}

void IntrospectionLog::LogFailure(const std::string& issuer_name,
                                  std::string_view result,
                                  std::string_view error) {
  const uint64_t failures = CountFailure(issuer_name);
  if (failures == 0) return;
  log_.Write(LogLevel::kWarning, "introspection_failed",
             [&](base::JsonObject& line) {
               line.Add("issuer", issuer_name)
                   .Add("result", result)
                   .Add("error", error)
                   .Add("failures", failures);
             });
}

}  // namespace usher::server
