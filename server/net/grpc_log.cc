#include "server/net/grpc_log.h"

#include <grpc/support/log.h>

#include <mutex>

#include "absl/time/clock.h"
#include "lib/base/rate_limit.h"

namespace usher::server {
namespace {

constexpr int kLinesASecond = 10;

// gRPC takes a bare function, so what it writes to has to be found from here.
struct Target {
  std::mutex mutex;
  base::Log* log = nullptr;
  base::RateLimit limit{kLinesASecond};
};

Target& TheTarget() {
  static auto& target = *new Target();  // gRPC's threads outlive statics
  return target;
}

void Write(gpr_log_func_args* args) {
  Target& target = TheTarget();
  std::lock_guard lock(target.mutex);
  if (!target.log || !target.limit.Allows(absl::Now())) return;
  const auto level = args->severity == GPR_LOG_SEVERITY_ERROR
                         ? base::LogLevel::kWarning
                         : base::LogLevel::kDebug;
  target.log->Write(level, "grpc", [args](base::JsonObject& line) {
    line.Add("message", args->message);
  });
}

void PointAt(base::Log* log) {
  Target& target = TheTarget();
  std::lock_guard lock(target.mutex);
  target.log = log;
}

}  // namespace

GrpcLog::GrpcLog(base::Log& log) {
  PointAt(&log);
  gpr_set_log_function(&Write);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);
  PointAt(nullptr);
}

}  // namespace usher::server
