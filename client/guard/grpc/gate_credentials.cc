#include "client/guard/grpc/gate_credentials.h"

#include <array>
#include <chrono>
#include <string_view>

#include "client/core/target.h"
#include "client/guard/grpc/internals/slice_view.h"
#include "lib/base/net/bind_probe.h"
#include "lib/base/net/host_port.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/grpc_log.h"

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
void Process(void* state, grpc_auth_context* connection,
             const grpc_metadata* metadata, size_t count,
             grpc_process_auth_metadata_done_cb done,
             void* user_data) noexcept {
  // Outlives every call, so also those that wait.
  const Gate& gate = **static_cast<std::shared_ptr<Gate>*>(state);
  const std::string_view token_header = gate.authorizer->token_header();
  std::string_view path;
  TraceHeaders trace;
  // The authorizer refuses two values as it refuses more.
  std::array<std::string_view, 2> tokens;
  size_t found = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view key = View(metadata[i].key);
    if (key == ":path") {
      path = View(metadata[i].value);
    } else if (key == token_header && found < tokens.size()) {
      tokens[found++] = View(metadata[i].value);
    } else if (key == "traceparent") {
      trace.traceparent = View(metadata[i].value);
    } else if (key == "x-request-id") {
      trace.request_id = View(metadata[i].value);
    }
  }
  const std::string* wrapped =
      gate.wrapped == nullptr ? nullptr : gate.wrapped->Find(path);
  const CallInfo call = {
      path, {tokens.data(), found}, wrapped, trace, connection};
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

std::string SharedCredentialsError(std::string_view address) {
  return base::StrCat(
      "the credentials of the port ", address,
      " are used by another server too, and the two have not the same methods "
      "behind a GuardedService. Call guard->SslCredentials(options), or the "
      "function that you use, once for each server");
}

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
  has_processor_ = true;
  rpc::LogError(
      "usher: the guard's credentials take no AuthMetadataProcessor: it would "
      "replace the gate. No server starts with these credentials");
}

bool GateCredentials::Accepts(
    const std::shared_ptr<const WrappedMethods>& wrapped) const {
  if (!bound_ || gate_->wrapped == wrapped) return true;
  return gate_->wrapped != nullptr && wrapped != nullptr &&
         *gate_->wrapped == *wrapped;
}

bool GateCredentials::AcceptsWrapped(
    const std::shared_ptr<const WrappedMethods>& wrapped) const {
  base::MutexLock lock(mutex_);
  return Accepts(wrapped);
}

bool GateCredentials::Bind(
    const std::shared_ptr<const WrappedMethods>& wrapped) {
  base::MutexLock lock(mutex_);
  if (!Accepts(wrapped)) return false;
  if (!bound_) gate_->wrapped = wrapped;
  bound_ = true;
  return true;
}

void GateCredentials::Approve(
    const std::shared_ptr<Installation>& installation) {
  base::MutexLock lock(mutex_);
  std::erase_if(installations_, [](const std::weak_ptr<Installation>& held) {
    const auto kept = held.lock();
    return kept == nullptr || !kept->has_interceptor;
  });
  installations_.push_back(installation);
}

std::shared_ptr<Installation> GateCredentials::FindApproval(
    const grpc_server* server) const {
  base::MutexLock lock(mutex_);
  for (const std::weak_ptr<Installation>& held : installations_) {
    auto installation = held.lock();
    if (installation != nullptr && installation->Approves(server)) {
      return installation;
    }
  }
  return nullptr;
}

int GateCredentials::OpenPort(const std::string& address, grpc_server* server) {
  const std::shared_ptr<Installation> installation = FindApproval(server);
  const auto fail = [&](const std::string& why) {
    if (installation != nullptr) {
      installation->start_error = absl::FailedPreconditionError(why);
    }
    rpc::LogError(base::StrCat("usher: ", why));
    return 0;
  };
  if (installation == nullptr) {
    return fail(
        base::StrCat(address,
                     " is not opened: FindCaller() would find no caller. Write "
                     "guard->Install(builder) before builder.BuildAndStart()"));
  }
  const absl::StatusOr<client::Target> target = client::ParseTarget(address);
  // The start check looks for both, but another thread may have come between.
  if (credentials_ == nullptr) {
    return fail(base::StrCat(address, " cannot be opened: ", error_));
  }
  if (!Bind(installation->wrapped)) {
    return fail(SharedCredentialsError(address));
  }
  if (const auto parts = base::SplitHostPort(address);
      parts && base::IsImpossiblePort(parts->port)) {
    // gRPC would open another port.
    return fail(
        base::StrCat(address, " is not opened: a port is at most 65535"));
  }
  if (traffic_ == Traffic::kPlaintext && !(target.ok() && target->local)) {
    rpc::LogError(base::StrCat(
        "usher: weakens security: InsecureCredentials() on ", address,
        ": others on the network can read and use the tokens of its callers"));
  }
  const int port =
      grpc_server_add_http2_port(server, address.c_str(), credentials_);
  if (port == 0) {
    return fail(base::StrCat("the server cannot listen on ", address, ": ",
                             base::WhyNotBound(address)));
  }
  return port;
}

}  // namespace usher::guard
