// Events for the operator, one JSON object on each line:
//   {"time":"2026-01-01T00:00:00.000Z","level":"info","event":"key_set_loaded",
//    "issuer":"corp","keys":2}
//
// No token can reach a log: fields are names, counts, times and messages of our
// own. A Secret has no conversion to text, and callers must not pass the
// content of a token whose signature has not been verified.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "lib/base/clock.h"
#include "lib/base/json_writer.h"
#include "lib/base/mutex.h"

namespace usher::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "info" -> kInfo. Returns false, and leaves `level` as it is, for a name that
// is not one of the four.
bool ParseLogLevel(std::string_view name, LogLevel& level);

// Thread-safe. A line is written by one call, so lines never mix.
class Log {
 public:
  // Called once for each line. Copyable, as the options that contain it are.
  using Sink = std::function<void(std::string_view line)>;

  // Lines below `level` are dropped. `sink` gets each line with its newline.
  Log(const Clock& clock, LogLevel level, Sink sink);

  // A Log that writes to standard error.
  static Sink StandardError();

  // `event` is a fixed snake_case name that operators search for. `fields` adds
  // the other members; it is not called for a line that is dropped.
  void Write(
      LogLevel level, std::string_view event,
      absl::FunctionRef<void(JsonObject&)> fields = [](JsonObject&) {});

  // From now on lines below `level` are dropped.
  void SetLevel(LogLevel level) {
    level_.store(level, std::memory_order_relaxed);
  }
  bool Wants(LogLevel level) const {
    return level >= level_.load(std::memory_order_relaxed);
  }

 private:
  const Clock& clock_;
  std::atomic<LogLevel> level_;
  Mutex mutex_;  // one line at a time
  const Sink sink_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::base
