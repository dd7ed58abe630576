// usher.v1.TokenService over gRPC's callback API.
//
// It decides nothing itself: verification.h has the steps, in order.
#pragma once

#include <grpcpp/grpcpp.h>

#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/rpc/call.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::server {

// Thread-safe. Blocks no thread: it answers from memory on gRPC's threads, or
// when the keys have come. All dependencies outlive it; it outlives the server.
class TokenService final : public v1::TokenService::CallbackService {
 public:
  struct Deps {
    const base::Snapshot<ActiveConfig>& active_config;
    Counters& counters;
    // Verifies batches: 256 signatures would occupy one of gRPC's few threads
    // for milliseconds.
    base::Executor& executor;
    // Tokens that wait for a fetch, and batches that wait to be verified.
    AdmissionLimit& waiting_limit;
    AdmissionLimit& batch_limit;
    AuditLog* audit = nullptr;  // null: off
  };
  explicit TokenService(Deps deps) : deps_(deps) {}

  grpc::ServerUnaryReactor* Verify(grpc::CallbackServerContext* context,
                                   const v1::VerifyRequest* request,
                                   v1::VerifyResponse* response) override;
  grpc::ServerUnaryReactor* BatchVerify(
      grpc::CallbackServerContext* context,
      const v1::BatchVerifyRequest* request,
      v1::BatchVerifyResponse* response) override;
  grpc::ServerUnaryReactor* Introspect(
      grpc::CallbackServerContext* context,
      const v1::IntrospectRequest* request,
      v1::IntrospectResponse* response) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* AnswerOne(Rpc rpc,
                                      grpc::CallbackServerContext& context,
                                      const Request& request,
                                      Response& response);

  const Deps deps_;
};

}  // namespace usher::server
