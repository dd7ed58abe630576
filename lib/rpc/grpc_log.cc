#include "lib/rpc/grpc_log.h"

#include <string>

#include "lib/rpc/grpc_version.h"

#if USHER_GRPC_VERSION >= 1067
#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/log.h"
#include "absl/log/log_entry.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#else
#include "grpc/support/log.h"
#endif

namespace usher::rpc {

#if USHER_GRPC_VERSION >= 1067

namespace {

class Forwarder final : public absl::LogSink {
 public:
  void Send(const absl::LogEntry& entry) override {
    forward(entry.log_severity() >= absl::LogSeverity::kError,
            entry.text_message());
  }
  usher::rpc::LogSink forward = nullptr;
};

}  // namespace

void LogError(std::string_view line) { LOG(ERROR) << line; }
void LogInfo(std::string_view line) { LOG(INFO) << line; }

void SetLogSink(LogSink sink) {
  static Forwarder& forwarder = *new Forwarder;  // threads outlive statics
  static const absl::LogSeverityAtLeast usual = absl::StderrThreshold();
  if (forwarder.forward != nullptr) absl::RemoveLogSink(&forwarder);
  forwarder.forward = sink;
  if (sink != nullptr) absl::AddLogSink(&forwarder);
  absl::SetStderrThreshold(
      sink == nullptr ? usual : absl::LogSeverityAtLeast::kInfinity);
}

#else

namespace {

LogSink the_sink = nullptr;

void Forward(gpr_log_func_args* args) {
  the_sink(args->severity == GPR_LOG_SEVERITY_ERROR, args->message);
}

}  // namespace

void LogError(std::string_view line) {
  gpr_log(GPR_ERROR, "%s", std::string(line).c_str());
}
void LogInfo(std::string_view line) {
  gpr_log(GPR_INFO, "%s", std::string(line).c_str());
}

void SetLogSink(LogSink sink) {
  if (sink != nullptr) the_sink = sink;
  gpr_set_log_function(sink == nullptr ? nullptr : Forward);
}

#endif

}  // namespace usher::rpc
