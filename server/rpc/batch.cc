#include "server/rpc/batch.h"

#include <string>
#include <utility>

#include "server/rpc/wire.h"

namespace usher::server {

Batch::Batch(Deps deps, v1::BatchVerifyRequest request, Done done)
    : deps_(std::move(deps)),
      request_(std::move(request)),
      done_(std::move(done)),
      // One for Start() itself: the answer must not leave before every token
      // has begun.
      unfinished_(request_.requests_size() + 1) {}

void Batch::Start() {
  const int size = request_.requests_size();
  // Every result has its place before any thread fills one.
  response_.mutable_results()->Reserve(size);
  for (int i = 0; i < size; ++i) response_.add_results();
  for (int i = 0; i < size; ++i) StartOne(i);
  CountOne();
}

void Batch::StartOne(int index) {
  VerifyToken(
      {.verifier = deps_.verifier,
       .client_service = deps_.client_service.get(),
       .waiting_limit = deps_.waiting_limit,
       .audit = deps_.audit,
       .deadline = deps_.deadline},
      request_.requests(index),
      [batch = shared_from_this(), index](const VerificationAnswer& answer) {
        batch->FinishOne(index, answer);
      });
}

void Batch::FinishOne(int index, const VerificationAnswer& answer) {
  v1::VerifyResponse& result = *response_.mutable_results(index);
  if (const auto* verdict = std::get_if<verify::Verdict>(&answer)) {
    ToWire(*verdict, result);
  } else {
    // Alone it would be INVALID_ARGUMENT. Here it depends on the iss of one
    // token, whose sender must not make the others fail.
    const auto& ambiguous = std::get<verify::AmbiguousAudience>(answer);
    const verify::Decision decision{
        base::Refusal{Reason::kAudienceMismatch,
                      std::string(verify::AmbiguousAudience::kMessage), "aud"},
        ambiguous.issuer_name, verify::VerdictSource::kLocal};
    deps_.audit.Write(decision);
    ToWire(decision.verdict, result);
  }
  CountOne();
}

void Batch::CountOne() {
  // Release what this thread wrote; acquire what all the others did.
  if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    done_(response_);
  }
}

}  // namespace usher::server
