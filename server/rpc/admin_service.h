// usher.v1.AdminService: for operators, on a listener of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "server/core/active_config.h"
#include "server/rpc/shared_refresh.h"
#include "server/stats/counters.h"
#include "usher/v1/admin_service.grpc.pb.h"

namespace usher::server {

// Every method takes its request as bytes (raw_messages.h).
using RawAdminService = v1::AdminService::WithRawCallbackMethod_Explain<
    v1::AdminService::WithRawCallbackMethod_ListIssuers<
        v1::AdminService::WithRawCallbackMethod_RefreshKeys<
            v1::AdminService::Service>>>;

// Thread-safe; all but RefreshKeys answer from memory. All
// dependencies outlive it.
class AdminService final : public RawAdminService {
 public:
  struct Deps {
    const base::Snapshot<ActiveConfig>& active_config;
    const base::Clock& clock;
    Counters& counters;
    SharedRefresh& shared_refresh;
  };
  explicit AdminService(Deps deps) : deps_(deps) {}

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* request,
                                    grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListIssuers(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  // Ends when every fetch has ended; no thread waits for it.
  grpc::ServerUnaryReactor* RefreshKeys(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;

 private:
  const Deps deps_;
};

}  // namespace usher::server
