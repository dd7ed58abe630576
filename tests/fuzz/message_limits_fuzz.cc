// Whatever bytes: what the check accepts, protobuf parses, within the counts.
#include "lib/rpc/message_limits.h"

#include "server/rpc/request_limits.h"
#include "tests/fuzz/fuzz_check.h"

namespace usher {
namespace {

void CheckCounts(const v1::VerifyRequest& request) {
  fuzz::Check(request.audiences_size() <=
              static_cast<int>(server::kMaxAudiences));
  fuzz::Check(request.scopes_size() <= static_cast<int>(server::kMaxScopes));
}

template <typename Request>
bool Parse(std::string_view bytes, Request& out) {
  if (rpc::CheckWire(bytes, server::LimitsOf(out))) return false;
  // False for text that is not UTF-8 only.
  return out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace
}  // namespace usher

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace usher;
  const std::string_view bytes = fuzz::TextOf(data, size);
  v1::VerifyRequest verify;
  if (Parse(bytes, verify)) CheckCounts(verify);
  v1::BatchVerifyRequest batch;
  if (Parse(bytes, batch)) {
    fuzz::Check(batch.requests_size() <= server::kMaxBatch);
    for (const auto& request : batch.requests()) CheckCounts(request);
    fuzz::Check(batch.SpaceUsedLong() <= 3 * size + (size_t{2} << 20));
  }
  v1::ExplainRequest explain;
  if (Parse(bytes, explain)) CheckCounts(explain.request());
  return 0;
}
