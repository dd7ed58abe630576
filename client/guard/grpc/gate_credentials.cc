#include "client/guard/grpc/gate_credentials.h"

#include <array>
#include <chrono>
#include <mutex>
#include <string_view>

#include "client/core/target.h"
#include "client/guard/grpc/internals/slice_view.h"
#include "grpc/support/log.h"

namespace usher::guard {
namespace {

void Answer(grpc_process_auth_metadata_done_cb done, void* user_data,
            const Ruling& ruling) {
  const absl::StatusCode code =
      ruling.pending ? absl::StatusCode::kOk : ruling.code;
  // Takes a copy of the message.
  done(user_data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(code),
       ruling.message.c_str());
}

// Runs on a thread that serves every call of a connection: it must not block.
// Nor throw, through C: running out of memory ends the process, as in gRPC.
void Process(void* state, grpc_auth_context*, const grpc_metadata* metadata,
             size_t count, grpc_process_auth_metadata_done_cb done,
             void* user_data) noexcept {
  std::string_view path;
  TraceHeaders trace;
  // Two are as many as a thousand: too many.
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
  // Lives until the last call is over, so longer than any that waits.
  const Gate& gate = **static_cast<std::shared_ptr<Gate>*>(state);
  const std::string* wrapped =
      gate.wrapped == nullptr ? nullptr : gate.wrapped->Find(path);
  const CallFacts call = {path, {authorization.data(), found}, wrapped, trace};
  if (gate.call_metrics == nullptr) {
    return gate.authorizer->Decide(call,
                                   [done, user_data](const Ruling& ruling) {
                                     Answer(done, user_data, ruling);
                                   });
  }
  gate.authorizer->Decide(
      call, [done, user_data, path, call_metrics = gate.call_metrics.get(),
             came = std::chrono::steady_clock::now()](const Ruling& ruling) {
        // The path is there until gRPC has its answer. A refusal that a wrapper
        // hands out is counted where it is handed out.
        if (!ruling.admits() && !ruling.pending) {
          call_metrics->Refused(
              path, ruling.code,
              absl::FromChrono(std::chrono::steady_clock::now() - came));
        }
        Answer(done, user_data, ruling);
      });
}

void Destroy(void* state) noexcept {
  delete static_cast<std::shared_ptr<Gate>*>(state);
}

}  // namespace

void GateCredentials::TakeOver(grpc_server_credentials* credentials) {
  credentials_ = credentials;
  if (credentials_ == nullptr) return;
  // With a reference of its own: gRPC keeps the processor until the last call
  // is over, which may be after the server and these credentials.
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

bool GateCredentials::Suits(
    const std::shared_ptr<const WrappedMethods>& wrapped) const {
  std::lock_guard lock(mutex_);
  return !bound_ || gate_->wrapped == wrapped;
}

bool GateCredentials::ApproveOnePort(
    const std::shared_ptr<const WrappedMethods>& wrapped) {
  std::lock_guard lock(mutex_);
  if (!bound_) gate_->wrapped = wrapped;
  bound_ = true;
  if (gate_->wrapped != wrapped) return false;
  ++approved_;
  return true;
}

int GateCredentials::AddPortToServer(const std::string& address,
                                     grpc_server* server) {
  if (credentials_ == nullptr) {
    gpr_log(GPR_ERROR, "usher: %s cannot be opened: %s", address.c_str(),
            fault_.c_str());
    return 0;
  }
  std::unique_lock lock(mutex_);
  if (approved_ < 1) {
    gpr_log(GPR_ERROR,
            "usher: %s is not opened: handlers would not learn who is calling. "
            "Write guard->Install(builder) before builder.BuildAndStart()",
            address.c_str());
    return 0;
  }
  --approved_;
  lock.unlock();
  const absl::StatusOr<client::Target> place = client::ParseTarget(address);
  if (traffic_ == Traffic::kInTheClear && !(place.ok() && place->local)) {
    gpr_log(GPR_ERROR,
            "usher: loosened: InsecureCredentials() on %s: whoever listens on "
            "the network can use the tokens of its callers",
            address.c_str());
  }
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

}  // namespace usher::guard
