// usher.v1.AdminService: for operators, on a listener of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "server/core/active_config.h"
#include "server/rpc/revocation_desk.h"
#include "server/rpc/shared_refresh.h"
#include "server/stats/counters.h"
#include "usher/v1/admin_service.grpc.pb.h"

namespace usher::server {

// Every method takes its request as bytes (raw_messages.h).
using RawAdminService = v1::AdminService::WithRawCallbackMethod_Explain<
    v1::AdminService::WithRawCallbackMethod_ListIssuers<
        v1::AdminService::WithRawCallbackMethod_RefreshKeys<
            v1::AdminService::WithRawCallbackMethod_Revoke<
                v1::AdminService::WithRawCallbackMethod_Unrevoke<
                    v1::AdminService::WithRawCallbackMethod_ListRevocations<
                        v1::AdminService::Service>>>>>>;

// Thread-safe. Explain and ListIssuers answer from memory; no method keeps a
// thread waiting. All dependencies outlive it.
class AdminService final : public RawAdminService {
 public:
  struct Deps {
    const base::Snapshot<ActiveConfig>& active_config;
    const base::Clock& clock;
    Counters& counters;
    SharedRefresh& shared_refresh;
    RevocationDesk revocations = {};
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
  // These end when the store has answered.
  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Unrevoke(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListRevocations(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
      grpc::ByteBuffer* response) override;

 private:
  template <typename Response, typename Request, typename Ask>
  grpc::ServerUnaryReactor* AskDesk(Rpc rpc,
                                    grpc::CallbackServerContext& context,
                                    const grpc::ByteBuffer& request_bytes,
                                    grpc::ByteBuffer& response_bytes, Ask ask);

  const Deps deps_;
};

}  // namespace usher::server
