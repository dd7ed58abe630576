#include "server/monitor/readiness.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace usher::server {
namespace {

using base::LogLevel;

// There may be ten thousand issuers: a log line names only some.
constexpr size_t kMostNamed = 10;

std::set<std::string> RequiredOf(const issuer::Registry& issuers) {
  std::set<std::string> names;
  for (const auto& issuer : issuers.issuers()) {
    if (issuer->config().required) names.insert(issuer->config().name);
  }
  return names;
}

void WriteEach(base::Log& log, LogLevel level, std::string_view event,
               const std::set<std::string>& from,
               const std::set<std::string>& without) {
  for (const std::string& name : from) {
    if (without.contains(name)) continue;
    log.Write(level, event,
              [&](base::JsonObject& line) { line.Add("issuer", name); });
  }
}

}  // namespace

std::string Readiness::State::WhyNot() const {
  if (draining) return "draining";
  std::string out;
  for (const std::string& name : lacking) {
    out += out.empty() ? "no usable keys yet for: " : ", ";
    out += name;
  }
  return out;
}

Readiness::State Readiness::Update() {
  base::MutexLock lock(mutex_);
  const auto active_config = active_config_.Read();
  const issuer::Registry& issuers = *active_config->issuers;
  const absl::Time now = clock_.Now();
  const std::vector<std::string> waiting = issuers.NotReady(now);
  been_ready_ |= waiting.empty();
  const State state = {draining_,
                       been_ready_
                           ? issuers.NotReady(now, issuer::NewIssuers::kIgnore)
                           : waiting};
  LogChanges(issuers, waiting);
  Notify(state);
  return state;
}

void Readiness::Drain() {
  base::MutexLock lock(mutex_);
  draining_ = true;
  Notify({.draining = true});
}

void Readiness::LogChanges(const issuer::Registry& issuers,
                           const std::vector<std::string>& names) {
  if (generation_ != issuers.generation()) {
    // New issuers start as waiting; removed ones no longer count.
    std::set<std::string> required = RequiredOf(issuers);
    std::erase_if(waiting_, [&](const std::string& name) {
      return !required.contains(name);
    });
    for (const std::string& name : required) {
      if (!required_.contains(name)) waiting_.insert(name);
    }
    required_ = std::move(required);
    generation_ = issuers.generation();
  }
  std::set<std::string> waiting(names.begin(), names.end());
  WriteEach(log_, LogLevel::kInfo, "issuer_ready", waiting_, waiting);
  WriteEach(log_, LogLevel::kWarning, "issuer_not_ready", waiting, waiting_);
  waiting_ = std::move(waiting);
}

void Readiness::Notify(const State& state) {
  if (notified_ == state.serving()) return;
  notified_ = state.serving();
  notify_(state.serving());
  if (state.serving()) {
    log_.Write(LogLevel::kInfo, "serving");
  } else if (!state.draining) {  // "draining" is logged by itself
    log_.Write(LogLevel::kInfo, "not_serving", [&](base::JsonObject& line) {
      const size_t named = std::min(kMostNamed, state.lacking.size());
      line.Add("awaited", std::span(state.lacking.data(), named))
          .Add("awaited_total", state.lacking.size());
    });
  }
}

}  // namespace usher::server
