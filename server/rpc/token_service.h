// usher.v1.TokenService over gRPC's callback API.
//
// Holds no judgement of its own: who asks is callers.h's, the form of a request
// limits.h's, the token the Verifier's, the words of the answer wire.h's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string_view>

#include "absl/time/time.h"
#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/rpc/call.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::server {

// Thread-safe. Blocks no thread: answers from memory on gRPC's own, otherwise
// when the keys have come. All parts outlive it; it outlives the server.
class TokenService final : public v1::TokenService::CallbackService {
 public:
  struct Parts {
    const base::Snapshot<ActiveConfig>& active_config;
    Counters& counters;
    // Judges batches: 256 signatures would hold one of gRPC's few threads for
    // milliseconds.
    base::Executor& executor;
    // Tokens that wait for the network, and batches that wait to be judged.
    AdmissionLimit& waiting_limit;
    AdmissionLimit& batch_limit;
    AuditLog* audit = nullptr;  // null: none is kept
  };
  explicit TokenService(Parts parts) : parts_(parts) {}

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

  const Parts parts_;
};

}  // namespace usher::server
