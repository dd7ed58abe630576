#include "client/guard/grpc/gate_credentials.h"

#include <array>
#include <chrono>
#include <string_view>

#include "client/core/target.h"
#include "client/guard/grpc/internals/slice_view.h"
#include "grpc/support/log.h"

namespace usher::guard {
namespace {

void Reply(grpc_process_auth_metadata_done_cb done, void* user_data,
           const Decision& decision) {
  const absl::StatusCode code =
      decision.deferred ? absl::StatusCode::kOk : decision.code;
  // Copies the message.
  done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(code),
       decision.message.c_str());
}

// Runs on a thread that serves every call of a connection, so it must not
// block. It must not throw through C either: when memory runs out the process
// ends, as in gRPC itself.
void Process(void* state, grpc_auth_context*, const grpc_metadata* metadata,
             size_t count, grpc_process_auth_metadata_done_cb done,
             void* user_data) noexcept {
  std::string_view path;
  TraceHeaders trace;
  // The authorizer refuses two values as it refuses more.
  std::array<std::string_view, 2> authorization;
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = View(metadata[i].key);
    if (key == ":path") {
      path = View(metadata[i].value);
    } else if (key == "authorization" && found < authorization.size()) {
      authorization[found++] = View(metadata[i].value);
    } else if (key == "traceparent") {
      trace.traceparent = View(metadata[i].value);
    } else if (key == "x-request-id") {
      trace.request_id = View(metadata[i].value);
    }
  }
  // Outlives every call, so also those that wait.
  const Gate& gate = **static_cast<std::shared_ptr<Gate>*>(state);
  const std::string* wrapped =
      gate.wrapped == nullptr ? nullptr : gate.wrapped->Find(path);
  const CallInfo call = {path, {authorization.data(), found}, wrapped, trace};
  if (gate.call_metrics == nullptr) {
    return gate.authorizer->Decide(call,
                                   [done, user_data](const Decision& decision) {
                                     Reply(done, user_data, decision);
                                   });
  }
  gate.authorizer->Decide(
      call,
      [done, user_data, path, call_metrics = gate.call_metrics.get(),
       start = std::chrono::steady_clock::now()](const Decision& decision) {
        // The path is valid until gRPC has its answer. A deferred refusal is
        // counted by the interceptor, when the wrapper ends the call.
        if (!decision.admits() && !decision.deferred) {
          call_metrics->CountRefused(
              path, decision.code,
              absl::FromChrono(std::chrono::steady_clock::now() - start));
        }
        Reply(done, user_data, decision);
      });
}

void Destroy(void* state) noexcept {
  delete static_cast<std::shared_ptr<Gate>*>(state);
}

}  // namespace

void GateCredentials::SetCredentials(grpc_server_credentials* credentials) {
  credentials_ = credentials;
  if (credentials_ == nullptr) return;
  // With a reference of its own: gRPC keeps the processor until the last call
  // has ended, which can be after the server and these credentials are gone.
  grpc_server_credentials_set_auth_metadata_processor(
      credentials_, {Process, Destroy, new std::shared_ptr<Gate>(gate_)});
}

GateCredentials::~GateCredentials() {
  if (credentials_ != nullptr) grpc_server_credentials_release(credentials_);
}

void GateCredentials::SetAuthMetadataProcessor(
    const std::shared_ptr<grpc::AuthMetadataProcessor>&) {
  gpr_log(GPR_ERROR,
          "usher: SetAuthMetadataProcessor() has no effect on the guard's "
          "credentials: it would replace the gate");
}

bool GateCredentials::AcceptsWrapped(
    const std::shared_ptr<const WrappedMethods>& wrapped) const {
  base::MutexLock lock(mutex_);
  return !bound_ || gate_->wrapped == wrapped;
}

bool GateCredentials::ApprovePort(
    const std::shared_ptr<const WrappedMethods>& wrapped) {
  base::MutexLock lock(mutex_);
  if (!bound_) gate_->wrapped = wrapped;
  bound_ = true;
  if (gate_->wrapped != wrapped) return false;
  ++approved_;
  return true;
}

bool GateCredentials::TakeApproval() {
  base::MutexLock lock(mutex_);
  if (approved_ == 0) return false;
  --approved_;
  return true;
}

int GateCredentials::OpenPort(const std::string& address, grpc_server* server) {
  if (credentials_ == nullptr) {
    gpr_log(GPR_ERROR, "usher: %s cannot be opened: %s", address.c_str(),
            error_.c_str());
    return 0;
  }
  if (!TakeApproval()) {
    gpr_log(GPR_ERROR,
            "usher: %s is not opened: FindCaller() would find no caller. "
            "Write guard->Install(builder) before builder.BuildAndStart()",
            address.c_str());
    return 0;
  }
  const absl::StatusOr<client::Target> target = client::ParseTarget(address);
  if (traffic_ == Traffic::kPlaintext && !(target.ok() && target->local)) {
    gpr_log(GPR_ERROR,
            "usher: weakens security: InsecureCredentials() on %s: others on "
            "the network can read and use the tokens of its callers",
            address.c_str());
  }
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

}  // namespace usher::guard
