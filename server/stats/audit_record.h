// Writes the verdicts of one request to the audit log.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "lib/verify/verifier.h"
#include "server/core/client_services.h"
#include "server/core/rpc_methods.h"
#include "server/stats/audit_log.h"

namespace usher::server {

// Cheap to copy. Does nothing where the audit log is off. Thread-safe.
class AuditRecord {
 public:
  AuditRecord() = default;
  // `log` may be null (off) and outlives the record; the other arguments are
  // only read here. Reads `traceparent` and `x-request-id`, makes a request id
  // if there is none, and returns it in the initial metadata of the answer.
  AuditRecord(AuditLog* log, Rpc rpc, const ClientService* client_service,
              grpc::CallbackServerContext& context);

  // The name that is written for the issuer is the configured one.
  void Write(const verify::Decision& decision) const;

 private:
  struct Request;
  std::shared_ptr<const Request> request_;
};

}  // namespace usher::server
