// How a request that brings tokens is answered: the one pipeline of Verify,
// BatchVerify, Introspect and Explain.
//
//   admit the client service -> check the bytes, parse -> check the fields
//     -> decide from memory
//     -> (only where a fetch of keys must decide) take a permit, resume
//     -> write the audit record -> answer
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "lib/verify/verifier.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/core/client_services.h"
#include "server/rpc/raw_messages.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/wire.h"
#include "server/stats/audit_record.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// Who asks, once admitted (null: anonymous); or the status that ends the call.
// Costs nothing of what the request costs.
using Admission = std::variant<const ClientService*, grpc::Status>;
Admission Admit(const ActiveConfig& config, Rpc rpc,
                const grpc::CallbackServerContext& context);

// Fills `request`, which must be empty. Not OK: the status that ends the call.
template <typename Request>
grpc::Status ReadValid(const grpc::ByteBuffer& bytes, Request& request) {
  FieldViolations violations = ReadRequest(bytes, request);
  if (violations.empty()) violations = CheckFields(request);
  return violations.empty() ? grpc::Status::OK : ToStatus(violations);
}

// What a token that waits costs beside its request: the call, its callbacks and
// its place among the waiters.
inline constexpr size_t kWaitBytes = 12u << 10;

// What all tokens of one admitted request share. Borrowed until VerifyToken()
// has returned, except for `waiting_limit`.
struct VerificationContext {
  const verify::Verifier& verifier;
  const ClientService* client_service;  // null: anonymous
  AdmissionLimit& waiting_limit;
  const AuditRecord& audit;
  absl::Time deadline;
};

// An ambiguous audience is the request's error, not the token's, and nothing of
// it has been written to the audit log.
using VerificationAnswer =
    std::variant<verify::Verdict, verify::AmbiguousAudience>;

// Verifies the token of one request that is free of violations. Calls `done`
// with a VerificationAnswer exactly once: inline where memory decides, else
// when the keys have come.
template <typename Request, typename Done>
void VerifyToken(const VerificationContext& context, const Request& request,
                 Done done) {
  auto outcome = context.verifier.Decide(
      request.token(), ToRequirements(request, context.client_service));
  if (auto* decision = std::get_if<verify::Decision>(&outcome)) {
    context.audit.Write(*decision);
    return done(VerificationAnswer(std::move(decision->verdict)));
  }
  if (auto* ambiguous = std::get_if<verify::AmbiguousAudience>(&outcome)) {
    return done(VerificationAnswer(std::move(*ambiguous)));
  }
  auto& pending = std::get<verify::Pending>(outcome);
  auto permit = context.waiting_limit.TryAcquire(
      {.client_service = NameOf(context.client_service),
       .issuer = pending.issuer_name(),
       .bytes = kWaitBytes + request.ByteSizeLong()});
  if (!permit) {
    const verify::Decision decision{permit.refusal(), pending.issuer_name(),
                                    verify::VerdictSource::kLocal};
    context.audit.Write(decision);
    return done(VerificationAnswer(decision.verdict));
  }
  std::move(pending).Resume(
      context.deadline,
      [audit = context.audit, permit = *std::move(permit),
       done = std::move(done)](verify::Decision decision) mutable {
        permit.Return();  // before the client service can ask again
        audit.Write(decision);
        done(VerificationAnswer(std::move(decision.verdict)));
      });
}

// The violations of a request that is not valid, or the explanation of its
// token: what AdminService and the status page both answer. Operators only, so
// no client service is admitted. `path` leads each field of a violation
// ("request.").
std::variant<FieldViolations, verify::Verifier::Explained> Explain(
    const verify::Verifier& verifier, const v1::VerifyRequest& request,
    const std::string& path = "");

// The violation of a request whose audience is ambiguous.
FieldViolations ToViolations(const verify::AmbiguousAudience& ambiguous,
                             const std::string& path = "");

}  // namespace usher::server
