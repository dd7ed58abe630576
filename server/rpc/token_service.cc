#include "server/rpc/token_service.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "server/rpc/batch.h"
#include "server/rpc/verification.h"
#include "server/rpc/wire.h"
#include "server/stats/audit_record.h"

namespace usher::server {
namespace {

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  return absl::FromChrono(context.deadline());
}

// Writes the answer into the response and returns how the call ends: an
// undecided token is a failure of the call, a denied one an answer.
template <typename Response>
grpc::Status ToResponse(const VerificationAnswer& answer, Response& response) {
  if (const auto* ambiguous = std::get_if<verify::AmbiguousAudience>(&answer)) {
    return ToStatus(ToFaults(*ambiguous));
  }
  const auto& verdict = std::get<verify::Verdict>(answer);
  if (!verdict.ok() && IsUndecided(verdict.refusal().reason)) {
    return ToStatus(verdict.refusal());
  }
  ToWire(verdict, response);
  return grpc::Status::OK;
}

}  // namespace

template <typename Request, typename Response>
grpc::ServerUnaryReactor* TokenService::AnswerOne(
    Rpc rpc, grpc::CallbackServerContext& context, const Request& request,
    Response& response) {
  const Call call(deps_.counters, rpc, context);
  // Read once: everything that follows is by this configuration.
  const auto active_config = deps_.active_config.Read();
  const Admission admission = Admit(*active_config, rpc, context, request);
  if (const auto* refused = std::get_if<grpc::Status>(&admission)) {
    call.End(*refused);
    return call.reactor();
  }
  const auto* client_service = std::get<const ClientService*>(admission);
  VerifyToken({.verifier = active_config->verifier,
               .client_service = client_service,
               .waiting_limit = deps_.waiting_limit,
               .audit = AuditRecord(deps_.audit, rpc, client_service, context),
               .deadline = DeadlineOf(context)},
              request, [call, &response](const VerificationAnswer& answer) {
                call.End(ToResponse(answer, response));
              });
  return call.reactor();
}

grpc::ServerUnaryReactor* TokenService::Verify(
    grpc::CallbackServerContext* context, const v1::VerifyRequest* request,
    v1::VerifyResponse* response) {
  return AnswerOne(Rpc::kVerify, *context, *request, *response);
}

grpc::ServerUnaryReactor* TokenService::Introspect(
    grpc::CallbackServerContext* context, const v1::IntrospectRequest* request,
    v1::IntrospectResponse* response) {
  return AnswerOne(Rpc::kIntrospect, *context, *request, *response);
}

grpc::ServerUnaryReactor* TokenService::BatchVerify(
    grpc::CallbackServerContext* context, const v1::BatchVerifyRequest* request,
    v1::BatchVerifyResponse* response) {
  const Call call(deps_.counters, Rpc::kBatchVerify, *context);
  const auto active_config = deps_.active_config.Read();
  const Admission admission =
      Admit(*active_config, Rpc::kBatchVerify, *context, *request);
  if (const auto* refused = std::get_if<grpc::Status>(&admission)) {
    call.End(*refused);
    return call.reactor();
  }
  std::optional<Permit> permit = deps_.batch_limit.TryAcquire();
  if (!permit) {
    call.End(ToStatus(deps_.batch_limit.Full()));
    return call.reactor();
  }
  const auto* client_service = std::get<const ClientService*>(admission);
  auto batch = std::make_shared<Batch>(
      Batch::Deps{active_config->verifier, deps_.waiting_limit,
                  std::shared_ptr<const ClientService>(
                      active_config->client_services, client_service),
                  DeadlineOf(*context),
                  AuditRecord(deps_.audit, Rpc::kBatchVerify, client_service,
                              *context)},
      *request, *response, [call, permit = std::move(permit)]() mutable {
        permit.reset();  // before the client service can ask again
        call.End(grpc::Status::OK);
      });
  deps_.executor.Run([batch = std::move(batch)] { batch->Start(); });
  return call.reactor();
}

}  // namespace usher::server
