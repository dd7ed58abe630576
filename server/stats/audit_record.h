// Tells the audit log what came of one request.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "lib/verify/verifier.h"
#include "server/core/client_services.h"
#include "server/core/rpc_methods.h"
#include "server/stats/audit_log.h"

namespace usher::server {

// Cheap to copy, and nothing at all where the audit log is off. Thread-safe.
class AuditRecord {
 public:
  AuditRecord() = default;
  // `log` may be null: off. It outlives the witness; the others are read here
  // only. Reads `traceparent` and `x-request-id`, makes a request id where
  // there is none, and returns it in the answer's initial metadata.
  AuditRecord(AuditLog* log, Rpc rpc, const ClientService* client_service,
              grpc::CallbackServerContext& context);

  // The issuer's name that is written is the operator's own.
  void Saw(const verify::Decision& decision) const;

 private:
  struct Question;
  std::shared_ptr<const Question> question_;
};

}  // namespace usher::server
