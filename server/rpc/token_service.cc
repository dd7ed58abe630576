#include "server/rpc/token_service.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "lib/base/text/strings.h"
#include "server/rpc/answer_by.h"
#include "server/rpc/batch.h"
#include "server/rpc/raw_messages.h"
#include "server/rpc/verification.h"
#include "server/rpc/wire.h"
#include "server/stats/audit_record.h"

namespace usher::server {
namespace {

// Writes the answer into the response and returns how the call ends: an
// undecided token is a failure of the call, a denied one an answer.
template <typename Response>
grpc::Status ToResponse(const VerificationAnswer& answer,
                        grpc::ByteBuffer& out) {
  if (const auto* ambiguous = std::get_if<verify::AmbiguousAudience>(&answer)) {
    return ToStatus(ToViolations(*ambiguous));
  }
  const auto& verdict = std::get<verify::Verdict>(answer);
  if (!verdict.ok() && IsUndecided(verdict.refusal().reason)) {
    return ToStatus(verdict.refusal());
  }
  Response response;
  ToWire(verdict, response);
  return WriteResponse(response, out);
}

// Keeps what a batch was permitted until its answer has been sent: a client
// that does not read its answers must not pile them up here.
class BatchReactor final : public grpc::ServerUnaryReactor {
 public:
  void Hold(Permit permit) { permit_.emplace(std::move(permit)); }
  void OnDone() override { delete this; }

 private:
  std::optional<Permit> permit_;
};

}  // namespace

absl::Time TokenService::AnswerBy(
    const grpc::CallbackServerContext& context) const {
  // gRPC's deadline is by the system's clock.
  return server::AnswerBy(deps_.clock.Now(),
                          absl::FromChrono(context.deadline()) - absl::Now());
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* TokenService::AnswerOne(
    Rpc rpc, grpc::CallbackServerContext& context,
    const grpc::ByteBuffer& request_bytes, grpc::ByteBuffer& response_bytes) {
  const Call call(deps_.counters, rpc, context);
  // Read once: everything that follows is by this configuration.
  const auto active_config = deps_.active_config.Read();
  const Admission admission = Admit(*active_config, rpc, context);
  if (const auto* refused = std::get_if<grpc::Status>(&admission)) {
    call.End(*refused);
    return call.reactor();
  }
  Request request;
  if (const auto status = ReadValid(request_bytes, request); !status.ok()) {
    call.End(status);
    return call.reactor();
  }
  const auto* client_service = std::get<const ClientService*>(admission);
  VerifyToken({.verifier = active_config->verifier,
               .client_service = client_service,
               .waiting_limit = deps_.waiting_limit,
               .audit = AuditRecord(deps_.audit, rpc, client_service, context),
               .deadline = AnswerBy(context)},
              request,
              [call, &response_bytes](const VerificationAnswer& answer) {
                call.End(ToResponse<Response>(answer, response_bytes));
              });
  return call.reactor();
}

grpc::ServerUnaryReactor* TokenService::Verify(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerOne<v1::VerifyRequest, v1::VerifyResponse>(
      Rpc::kVerify, *context, *request, *response);
}

grpc::ServerUnaryReactor* TokenService::Introspect(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerOne<v1::IntrospectRequest, v1::IntrospectResponse>(
      Rpc::kIntrospect, *context, *request, *response);
}

grpc::ServerUnaryReactor* TokenService::BatchVerify(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes,
    grpc::ByteBuffer* response_bytes) {
  auto* const reactor = new BatchReactor;  // owns itself
  const Call call(deps_.counters, Rpc::kBatchVerify, reactor);
  const auto refuse = [&](const grpc::Status& status) {
    call.End(status);
    return call.reactor();
  };
  const auto active_config = deps_.active_config.Read();
  const Admission admission =
      Admit(*active_config, Rpc::kBatchVerify, *context);
  if (const auto* refused = std::get_if<grpc::Status>(&admission)) {
    return refuse(*refused);
  }
  const auto* client_service = std::get<const ClientService*>(admission);
  if (request_bytes->Length() > kMaxBatchBytes) {
    return refuse(ToStatus(FieldViolations{
        {"requests", base::StrCat("must be at most ", kMaxBatchBytes,
                                  " bytes together")}}));
  }
  // Before the batch is parsed, so that its memory is counted first.
  auto permit = deps_.batch_limit.TryAcquire(
      {.client_service = NameOf(client_service),
       .issuer = "",
       .bytes = BatchBytes(request_bytes->Length())});
  if (!permit) return refuse(ToStatus(permit.refusal()));
  reactor->Hold(*std::move(permit));
  v1::BatchVerifyRequest request;
  if (const auto status = ReadValid(*request_bytes, request); !status.ok()) {
    return refuse(status);
  }
  auto batch = std::make_shared<Batch>(
      Batch::Deps{active_config->verifier, deps_.waiting_limit,
                  std::shared_ptr<const ClientService>(
                      active_config->client_services, client_service),
                  AnswerBy(*context),
                  AuditRecord(deps_.audit, Rpc::kBatchVerify, client_service,
                              *context)},
      std::move(request),
      [call, response_bytes](const v1::BatchVerifyResponse& response) {
        call.End(WriteResponse(response, *response_bytes));
      });
  deps_.executor.Run([batch = std::move(batch)] { batch->Start(); });
  return call.reactor();
}

}  // namespace usher::server
