// usher.v1.TokenService over gRPC's callback API.
//
// It decides nothing itself: verification.h has the steps, in order.
#pragma once

#include <grpcpp/grpcpp.h>

#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/rpc/call.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::server {

// Every method takes its request as bytes (raw_messages.h).
using RawTokenService = v1::TokenService::WithRawCallbackMethod_Verify<
    v1::TokenService::WithRawCallbackMethod_BatchVerify<
        v1::TokenService::WithRawCallbackMethod_Introspect<
            v1::TokenService::Service>>>;

// Thread-safe. Blocks no thread: it answers from memory on gRPC's threads, or
// when the keys have come. All dependencies outlive it; it outlives the server.
class TokenService final : public RawTokenService {
 public:
  struct Deps {
    const base::Snapshot<ActiveConfig>& active_config;
    const base::Clock& clock;  // the verifier's
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
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* BatchVerify(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Introspect(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;

 private:
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* AnswerOne(Rpc rpc,
                                      grpc::CallbackServerContext& context,
                                      const grpc::ByteBuffer& request_bytes,
                                      grpc::ByteBuffer& response_bytes);
  absl::Time AnswerBy(const grpc::CallbackServerContext& context) const;

  const Deps deps_;
};

}  // namespace usher::server
