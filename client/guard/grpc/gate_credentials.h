// The gate: port credentials that let no call pass before it is authorized.
//
// gRPC runs the auth metadata processor of a port's credentials on each call,
// before it looks for a method, and accepts an asynchronous answer. The C++
// layer has only a blocking form of it, and none for insecure ports. The C
// layer, which this class uses, has both.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/wrapped_methods.h"
#include "client/guard/grpc/call_metrics.h"
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

// Whether others on the network can read the traffic of a port.
enum class Traffic { kEncrypted, kPlaintext };

// Thread-safe.
class GateCredentials final : public CustomServerCredentials {
 public:
  // Takes ownership of the C credentials that `make` returns. If they are null,
  // no server can be started with this object, and gRPC's log says `error`.
  template <typename Make>
  GateCredentials(std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<CallMetrics> call_metrics, const Make& make,
                  std::string error, Traffic traffic = Traffic::kEncrypted)
      : gate_(std::make_shared<Gate>(
            Gate{std::move(authorizer), std::move(call_metrics)})),
        error_(std::move(error)),
        traffic_(traffic) {
    // Not in the initializer list: the base class initializes gRPC.
    SetCredentials(make());
  }
  ~GateCredentials() override;

  // Has no effect but a line in gRPC's log: it would replace the gate.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override;

  bool BelongsTo(const Authorizer* authorizer) const {
    return gate_->authorizer.get() == authorizer;
  }

  // Whether a server with these wrapped methods may use these credentials. All
  // servers that share credentials must have the same ones: a call that one of
  // them would refuse behind the gate, another one would admit.
  bool AcceptsWrapped(
      const std::shared_ptr<const WrappedMethods>& wrapped) const;
  // Allows one more port of such a server to be opened. For start_check.h,
  // which has seen the interceptor. False if AcceptsWrapped() is false.
  bool ApprovePort(const std::shared_ptr<const WrappedMethods>& wrapped);

 private:
  void SetCredentials(grpc_server_credentials* credentials);
  int OpenPort(const std::string& address, grpc_server* server) override;
  // Uses up one approval.
  bool TakeApproval();

  const std::shared_ptr<Gate> gate_;
  const std::string error_;
  const Traffic traffic_;
  grpc_server_credentials* credentials_ = nullptr;
  mutable base::Mutex mutex_;
  // Ports that may still be opened.
  int approved_ ABSL_GUARDED_BY(mutex_) = 0;
  // A port was approved: gate_->wrapped is final.
  bool bound_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace usher::guard
