// Many tokens, one answer: the requests of BatchVerify, verified side by side.
#pragma once

#include <atomic>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/verify/verifier.h"
#include "server/core/admission.h"
#include "server/core/client_services.h"
#include "server/rpc/verification.h"
#include "server/stats/audit_record.h"
#include "usher/v1/token_service.pb.h"

namespace usher::server {

// The memory that a batch keeps at most: its tokens, their claims as values and
// once more as bytes to send, and something for each token.
constexpr size_t BatchBytes(size_t request_bytes) {
  return 4 * request_bytes + (size_t{256} << 10);
}

// Owned by those of its tokens that have no verdict yet.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  struct Deps {
    verify::Verifier verifier;
    AdmissionLimit& waiting_limit;
    std::shared_ptr<const ClientService> client_service;  // null: anonymous
    absl::Time deadline;
    AuditRecord audit;
  };
  // Gets every result in its place.
  using Done = absl::AnyInvocable<void(const v1::BatchVerifyResponse&)>;
  // `request` must be free of violations (request_checks.h). `done` is called
  // exactly once, on the thread that verified the last token.
  Batch(Deps deps, v1::BatchVerifyRequest request, Done done);

  // Decides what memory can decide, and resumes the rest. Call once.
  void Start();

 private:
  void StartOne(int index);
  void FinishOne(int index, const VerificationAnswer& answer);
  void CountOne();

  const Deps deps_;
  const v1::BatchVerifyRequest request_;
  v1::BatchVerifyResponse response_;
  Done done_;
  std::atomic<int> unfinished_;
};

}  // namespace usher::server
