#include "lib/base/log.h"

#include <array>
#include <cstdio>
#include <utility>

#include "absl/time/time.h"

namespace usher::base {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning",
                                                    "error"};
static_assert(kNames.size() == static_cast<size_t>(LogLevel::kError) + 1);

}  // namespace

bool ParseLogLevel(std::string_view name, LogLevel& level) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    level = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

Log::Log(const Clock& clock, LogLevel level, Sink sink)
    : clock_(clock), level_(level), sink_(std::move(sink)) {}

Log::Sink Log::StandardError() {
  return [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
  };
}

void Log::Write(LogLevel level, std::string_view event,
                absl::FunctionRef<void(JsonObject&)> fields) {
  if (!Wants(level)) return;
  JsonObject line;
  line.Add("time", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", clock_.Now(),
                                    absl::UTCTimeZone()));
  line.Add("level", kNames[static_cast<size_t>(level)]);
  line.Add("event", event);
  fields(line);
  const std::string text = line.Text() + "\n";
  MutexLock lock(mutex_);
  sink_(text);
}

}  // namespace usher::base
