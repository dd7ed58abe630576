// The gate: port credentials that let no call pass before it is authorized.
//
// gRPC runs the auth metadata processor of a port's credentials on each call,
// before it looks for a method, and accepts an asynchronous answer. The C++
// layer has only a blocking form of it, and none for insecure ports. The C
// layer, which this class uses, has both.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/wrapped_methods.h"
#include "client/guard/grpc/call_metrics.h"
#include "client/guard/grpc/installation.h"
#include "client/guard/grpc/internals/custom_server_credentials.h"
#include "grpc/grpc_security.h"
#include "lib/base/mutex.h"

namespace usher::guard {

// What the gate of a port uses. Ports that share credentials share it.
struct Gate {
  const std::shared_ptr<Authorizer> authorizer;
  const std::shared_ptr<CallMetrics> call_metrics;  // or null
  // Set before the first port is opened, and never again.
  std::shared_ptr<const WrappedMethods> wrapped = nullptr;
};

// Why a server with other wrapped methods cannot use the credentials of this
// port.
std::string SharedCredentialsError(std::string_view address);

// Whether others on the network can read the traffic of a port.
enum class Traffic { kEncrypted, kPlaintext };

// Thread-safe.
class GateCredentials final : public CustomServerCredentials {
 public:
  // Takes ownership of the C credentials that `make` returns. If they are null,
  // or if `fault` is not empty, no server can be started with this object;
  // `fault`, else `if_null`, says why.
  template <typename Make>
  GateCredentials(std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<CallMetrics> call_metrics, const Make& make,
                  std::string fault, std::string if_null,
                  Traffic traffic = Traffic::kEncrypted)
      : gate_(std::make_shared<Gate>(
            Gate{std::move(authorizer), std::move(call_metrics)})),
        error_(std::move(fault)),
        traffic_(traffic) {
    // Not in the initializer list: the base class initializes gRPC.
    if (error_.empty()) SetCredentials(make());
    if (error_.empty() && credentials_ == nullptr) error_ = std::move(if_null);
  }
  ~GateCredentials() override;

  // Would replace the gate: no server starts with these credentials any more.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override;
  bool has_processor() const { return has_processor_; }

  bool BelongsTo(const Authorizer* authorizer) const {
    return gate_->authorizer.get() == authorizer;
  }

  // Why no port can be opened with these credentials, or "".
  const std::string& error() const { return error_; }

  // Whether a server with these wrapped methods may use these credentials. All
  // servers that share credentials must have the same ones: a call that one of
  // them would refuse behind the gate, another one would admit.
  bool AcceptsWrapped(
      const std::shared_ptr<const WrappedMethods>& wrapped) const;
  // Allows the server of `installation`, and no other, to open ports while it
  // has the interceptor. For start_check.h.
  void Approve(const std::shared_ptr<Installation>& installation);

 private:
  void SetCredentials(grpc_server_credentials* credentials);
  int OpenPort(const std::string& address, grpc_server* server) override;
  // Null: `server` must not open a port.
  std::shared_ptr<Installation> FindApproval(const grpc_server* server) const;
  // Makes the gate defer the refusals of these methods, before its first port
  // is opened. False: it has others already.
  bool Bind(const std::shared_ptr<const WrappedMethods>& wrapped);
  bool Accepts(const std::shared_ptr<const WrappedMethods>& wrapped) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<Gate> gate_;
  std::string error_;
  const Traffic traffic_;
  grpc_server_credentials* credentials_ = nullptr;
  std::atomic<bool> has_processor_ = false;
  mutable base::Mutex mutex_;
  // Of the servers that use these credentials.
  std::vector<std::weak_ptr<Installation>> installations_
      ABSL_GUARDED_BY(mutex_);
  // A port was opened: gate_->wrapped is final.
  bool bound_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace usher::guard
