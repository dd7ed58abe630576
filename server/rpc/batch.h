// Many tokens, one answer: BatchVerify's requests judged side by side.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "lib/verify/verifier.h"
#include "server/core/admission.h"
#include "server/core/client_services.h"
#include "server/stats/audit_record.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// Owned by those of its tokens that are not judged yet.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  struct Parts {
    verify::Verifier verifier;
    AdmissionLimit& waiting_limit;
    std::shared_ptr<const ClientService>
        client_service;  // null: no limits of its own
    absl::Time deadline;
    AuditRecord witness;
  };
  // `request` must be free of faults (limits.h). It and `response` must live
  // until `done` is called: exactly once, on whatever thread judged the last
  // token, with every result in its place.
  Batch(Parts parts, const v1::BatchVerifyRequest& request,
        v1::BatchVerifyResponse& response, std::function<void()> done);

  // Judges all that memory can judge, and asks for the rest. Call once.
  void Judge();

 private:
  void JudgeOne(int index);
  void Settle(int index, const verify::Verdict& verdict);
  void SettleOne();

  const Parts parts_;
  const v1::BatchVerifyRequest& request_;
  v1::BatchVerifyResponse& response_;
  const std::function<void()> done_;
  std::atomic<int> unsettled_;
};

}  // namespace usher::server
