// The gate: credentials of a port that let no call pass unjudged.
//
// gRPC runs the auth metadata processor of a port's credentials on each call
// before it looks for a method, and takes the answer asynchronously. The C++
// layer offers only a blocking form of it, and none on insecure ports; the C
// layer, which this uses, offers it on all.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/wrapped_methods.h"
#include "client/guard/grpc/call_metrics.h"
#include "grpc/grpc_security.h"
#include "grpcpp/security/server_credentials.h"

namespace usher::guard {

// What the gate of one port, or of several that share credentials, goes by.
struct Gate {
  const std::shared_ptr<Authorizer> authorizer;
  const std::shared_ptr<CallMetrics> call_metrics;  // or null
  // Set before the first port is opened, and never again.
  std::shared_ptr<const WrappedMethods> wrapped = nullptr;
};

// What of a port's traffic others on the network can read.
enum class Traffic { kEncrypted, kInTheClear };

class GateCredentials final : public grpc::ServerCredentials {
 public:
  // Takes over the C credentials that `make` returns. Where those are null, no
  // server can be started with them, and gRPC's log says `fault`.
  template <typename Make>
  GateCredentials(std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<CallMetrics> call_metrics, const Make& make,
                  std::string fault, Traffic traffic = Traffic::kEncrypted)
      : gate_(std::make_shared<Gate>(
            Gate{std::move(authorizer), std::move(call_metrics)})),
        fault_(std::move(fault)),
        traffic_(traffic) {
    // Here, because the base class has initialised gRPC by now.
    TakeOver(make());
  }
  ~GateCredentials() override;

  // Would replace the gate, so it is not done.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override;

  bool BelongsTo(const Authorizer* authorizer) const {
    return gate_->authorizer.get() == authorizer;
  }

  // Whether a server with these wrapped methods may have such ports: all
  // servers that share credentials must agree, because a call that one of them
  // would refuse behind the gate, another would let in.
  bool Suits(const std::shared_ptr<const WrappedMethods>& wrapped) const;
  // Allows one more port of such a server to be opened. Given by start_check.h,
  // which has seen that the interceptor is there. False: they do not suit it.
  bool ApproveOnePort(const std::shared_ptr<const WrappedMethods>& wrapped);

 private:
  void TakeOver(grpc_server_credentials* credentials);
  // The hook the gate rests on: private in 1.51, yet virtual. Another signature
  // in another version of gRPC fails to compile here.
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  const std::shared_ptr<Gate> gate_;
  const std::string fault_;
  const Traffic traffic_;
  grpc_server_credentials* credentials_ = nullptr;
  mutable std::mutex mutex_;
  int approved_ = 0;    // ports that may still be opened
  bool bound_ = false;  // some port was approved: gate_->wrapped is final
};

}  // namespace usher::guard
