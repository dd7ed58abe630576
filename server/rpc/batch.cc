#include "server/rpc/batch.h"

#include <optional>
#include <string>
#include <utility>

#include "server/rpc/wire.h"

namespace usher::server {

Batch::Batch(Parts parts, const v1::BatchVerifyRequest& request,
             v1::BatchVerifyResponse& response, std::function<void()> done)
    : parts_(std::move(parts)),
      request_(request),
      response_(response),
      done_(std::move(done)),
      // One for Judge() itself: the answer must not leave while it still reads
      // the request.
      unsettled_(request.requests_size() + 1) {}

void Batch::Judge() {
  const int size = request_.requests_size();
  // Every result has its place before any thread fills one.
  response_.mutable_results()->Reserve(size);
  for (int i = 0; i < size; ++i) response_.add_results();
  for (int i = 0; i < size; ++i) JudgeOne(i);
  SettleOne();
}

void Batch::JudgeOne(int index) {
  const v1::VerifyRequest& request = request_.requests(index);
  verify::Requirements wanted =
      ToRequirements(request, parts_.client_service.get());
  if (auto fault = parts_.verifier.FaultIn(request.token(), wanted)) {
    // Alone it would be INVALID_ARGUMENT. Here it hangs on one token's iss, and
    // whoever sent that token must not fail the others with it.
    return Settle(index, base::Refusal{Reason::kAudienceMismatch,
                                       *std::move(fault), "aud"});
  }
  if (const auto verdict = parts_.verifier.Decide(request.token(), wanted)) {
    return Settle(index, *verdict);
  }
  AdmissionLimit::Seat seat = parts_.waiting_limit.Take();
  if (!seat) return Settle(index, parts_.waiting_limit.Full());
  parts_.verifier.Verify(
      request.token(), std::move(wanted), parts_.deadline,
      [batch = shared_from_this(), index, seat = std::move(seat)](
          verify::Verdict verdict) { batch->Settle(index, verdict); });
}

void Batch::Settle(int index, const verify::Verdict& verdict) {
  parts_.witness.Saw(verdict, parts_.verifier,
                     request_.requests(index).token());
  ToWire(verdict, *response_.mutable_results(index));
  SettleOne();
}

void Batch::SettleOne() {
  // Release what this thread wrote; acquire what all the others did.
  if (unsettled_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_();
}

}  // namespace usher::server
