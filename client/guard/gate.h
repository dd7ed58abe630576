// The gate: credentials of a port that let no call pass unjudged.
//
// gRPC runs the auth metadata processor of a port's credentials on each call
// before it looks for a method, and takes the answer asynchronously. The C++
// layer offers only a blocking form of it, and none on insecure ports; the C
// layer, which this uses, offers it on all.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "client/guard/gatekeeper.h"
#include "grpc/grpc_security.h"
#include "grpcpp/security/server_credentials.h"

namespace usher::guard {

class GateCredentials final : public grpc::ServerCredentials {
 public:
  // Takes over the C credentials that `make` returns. Where those are null, no
  // server can be started with them, and gRPC's log says `fault`.
  template <typename Make>
  GateCredentials(std::shared_ptr<Gatekeeper> keeper, const Make& make,
                  std::string fault)
      : keeper_(std::move(keeper)), fault_(std::move(fault)) {
    // Here, because the base class has initialised gRPC by now.
    TakeOver(make());
  }
  ~GateCredentials() override;

  // Would replace the gate, so it is not done.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override;

  bool BelongsTo(const Gatekeeper* keeper) const {
    return keeper_.get() == keeper;
  }

  // Allows one more port to be opened. Given by start_check.h, which has seen
  // that the interceptor is there.
  void ApproveOnePort() { ++approved_; }

 private:
  void TakeOver(grpc_server_credentials* credentials);
  // The hook the gate rests on: private in 1.51, yet virtual. Another signature
  // in another version of gRPC fails to compile here.
  int AddPortToServer(const std::string& address, grpc_server* server) override;

  const std::shared_ptr<Gatekeeper> keeper_;
  const std::string fault_;
  grpc_server_credentials* credentials_ = nullptr;
  std::atomic<int> approved_ = 0;
};

}  // namespace usher::guard
