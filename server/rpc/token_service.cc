#include "server/rpc/token_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/rpc/batch.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/wire.h"
#include "server/stats/audit_record.h"

namespace usher::server {
namespace {

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  return absl::FromChrono(context.deadline());
}

// Puts the verdict into the response, and says how the call ends: an undecided
// token is a failure of the call, a denied one an answer.
template <typename Response>
grpc::Status Answer(const verify::Verdict& verdict, Response& response) {
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
  const Call call(parts_.counters, rpc, context);
  const auto end = [&call](const grpc::Status& status) {
    call.End(status);
    return call.reactor();
  };

  // The one reading: all that follows is by this configuration.
  const auto active_config = parts_.active_config.Read();
  const verify::Verifier& verifier = active_config->verifier;
  const ClientService* client_service = nullptr;
  const grpc::Status admitted = active_config->client_services->Admit(
      *context.auth_context(), rpc, client_service);
  if (!admitted.ok()) return end(admitted);

  const FieldFaults faults = FaultsIn(request);
  if (!faults.empty()) return end(ToStatus(faults));

  verify::Requirements wanted = ToRequirements(request, client_service);
  if (auto fault = verifier.FaultIn(request.token(), wanted)) {
    return end(ToStatus(FieldFaults{{"audiences", *std::move(fault)}}));
  }

  const AuditRecord witness(parts_.audit, rpc, client_service, context);
  if (auto verdict = verifier.Decide(request.token(), wanted)) {
    witness.Saw(*verdict, verifier, request.token());
    return end(Answer(*verdict, response));
  }

  AdmissionLimit::Seat seat = parts_.waiting_limit.Take();
  if (!seat) {
    const base::Refusal full = parts_.waiting_limit.Full();
    witness.Saw(full, verifier, request.token());
    return end(ToStatus(full));
  }
  verifier.Verify(request.token(), std::move(wanted), DeadlineOf(context),
                  [call, &request, &response, verifier, witness,
                   seat = std::move(seat)](verify::Verdict verdict) mutable {
                    seat.reset();  // before the caller can come again
                    witness.Saw(verdict, verifier, request.token());
                    call.End(Answer(verdict, response));
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
  const Call call(parts_.counters, Rpc::kBatchVerify, *context);
  const auto active_config = parts_.active_config.Read();
  const ClientService* client_service = nullptr;
  grpc::Status refused = active_config->client_services->Admit(
      *context->auth_context(), Rpc::kBatchVerify, client_service);
  if (refused.ok()) {
    const FieldFaults faults = FaultsIn(*request);
    if (!faults.empty()) refused = ToStatus(faults);
  }
  AdmissionLimit::Seat seat;
  if (refused.ok() && !(seat = parts_.batch_limit.Take())) {
    refused = ToStatus(parts_.batch_limit.Full());
  }
  if (!refused.ok()) {
    call.End(refused);
    return call.reactor();
  }
  auto batch = std::make_shared<Batch>(
      Batch::Parts{active_config->verifier, parts_.waiting_limit,
                   std::shared_ptr<const ClientService>(
                       active_config->client_services, client_service),
                   DeadlineOf(*context),
                   AuditRecord(parts_.audit, Rpc::kBatchVerify, client_service,
                               *context)},
      *request, *response, [call, seat = std::move(seat)]() mutable {
        seat.reset();  // before the caller can come again
        call.End(grpc::Status::OK);
      });
  parts_.executor.Run([batch = std::move(batch)] { batch->Judge(); });
  return call.reactor();
}

}  // namespace usher::server
