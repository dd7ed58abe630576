// Call credentials whose headers come from a function that may answer later.
//
// gRPC's C++ layer has only plugins that answer at once or block a thread of a
// small pool. The C layer has an asynchronous one: a call waits for its headers
// and holds no thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpc/grpc_security.h"
#include "grpcpp/security/credentials.h"
#include "lib/rpc/grpc_version.h"

namespace usher::guard {

// For one call: its headers, or why it cannot be made. At most
// GRPC_METADATA_CREDENTIALS_PLUGIN_SYNC_MAX (4) headers, with lower-case names.
// To be called on any thread, once; a callback that is destroyed without
// having been called fails the call.
using CallHeaders = std::vector<std::pair<std::string, std::string>>;
using CallHeadersCallback =
    absl::AnyInvocable<void(absl::StatusOr<CallHeaders>) &&>;

// The call that needs headers. Valid only inside CallHeaderSource::Find().
struct CallTarget {
  std::string_view service_url;  // "https://stock.example/shop.v1.Stock"
  std::string_view method;       // "Reserve"
};

// Thread-safe. Lives as long as the credentials and the calls that use them.
class CallHeaderSource {
 public:
  virtual ~CallHeaderSource() = default;

  // Whether a call may be made, asked before its headers. Before 1.63, gRPC
  // ends a call that may not with exactly this status; later versions, and
  // Find() with every version, end it UNAVAILABLE with the message of the
  // status after a text of gRPC's. Must not block.
  virtual absl::Status Check() { return absl::OkStatus(); }

  // Runs for each call, on a thread of gRPC or of the caller: must not block.
  // gRPC asks only on a channel that is secure enough.
  virtual void Find(const CallTarget& call, CallHeadersCallback done) = 0;

  // For logs: names no secret.
  virtual std::string Describe() const = 0;
};

class AsyncCallCredentials final : public grpc::CallCredentials {
 public:
  // `level`: what the channel must have at least, for example
  // GRPC_PRIVACY_AND_INTEGRITY.
  AsyncCallCredentials(std::shared_ptr<CallHeaderSource> source,
                       grpc_security_level level);
  ~AsyncCallCredentials() override;

  CallHeaderSource& source() const { return *source_; }

 private:
#if USHER_GRPC_VERSION >= 1063
  // The base class owns the C credentials and applies them.
  AsyncCallCredentials(std::shared_ptr<CallHeaderSource> source,
                       grpc_call_credentials* credentials);
#else
  bool ApplyToCall(grpc_call* call) override;
  std::string DebugString() override { return source_->Describe(); }
  // Null: these cannot be combined with other call credentials.
  grpc::SecureCallCredentials* AsSecureCredentials() override {
    return nullptr;
  }
  grpc_call_credentials* credentials_;
#endif
  const std::shared_ptr<CallHeaderSource> source_;
};

}  // namespace usher::guard
