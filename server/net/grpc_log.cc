#include "server/net/grpc_log.h"

#include "lib/base/mutex.h"

#include "absl/time/clock.h"
#include "lib/base/rate_limit.h"
#include "lib/rpc/grpc_log.h"

namespace usher::server {
namespace {

constexpr int kLinesPerSecond = 10;

// gRPC accepts only a plain function, so the target must be global.
struct Target {
  base::Mutex mutex;
  base::Log* log ABSL_GUARDED_BY(mutex) = nullptr;
  base::RateLimit limit ABSL_GUARDED_BY(mutex){kLinesPerSecond};
};

Target& TheTarget() {
  static auto& target = *new Target();  // gRPC's threads outlive statics
  return target;
}

void Write(bool is_error, std::string_view text) {
  Target& target = TheTarget();
  base::MutexLock lock(target.mutex);
  if (!target.log || !target.limit.Allows(absl::Now())) return;
  const auto level =
      is_error ? base::LogLevel::kWarning : base::LogLevel::kDebug;
  target.log->Write(level, "grpc", [text](base::JsonObject& line) {
    line.Add("message", text);
  });
}

void SetTarget(base::Log* log) {
  Target& target = TheTarget();
  base::MutexLock lock(target.mutex);
  target.log = log;
}

}  // namespace

GrpcLog::GrpcLog(base::Log& log) {
  SetTarget(&log);
  rpc::SetLogSink(&Write);
}

GrpcLog::~GrpcLog() {
  rpc::SetLogSink(nullptr);
  SetTarget(nullptr);
}

}  // namespace usher::server
