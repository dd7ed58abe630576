#include "lib/config/memory_plan.h"

#include <algorithm>

#include "lib/introspect/answer_cache.h"

namespace usher::config {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kLeastWaiting = 4 * kMiB;
// One batch of the largest size, with its answer.
constexpr size_t kLeastBatches = 20 * kMiB;
// Some messages of the largest size.
constexpr size_t kLeastTransport = 40 * kMiB;

size_t Minus(size_t a, size_t b) { return a > b ? a - b : 0; }

}  // namespace

size_t AnswerCacheBytes(const std::vector<issuer::Config>& issuers) {
  const bool asked = std::ranges::any_of(issuers, [](const auto& issuer) {
    return issuer.introspection.has_value();
  });
  if (!asked) return 0;
  const introspect::AnswerCache::Limits limits;
  return limits.positive.bytes + limits.negative.bytes;
}

MemoryPlan PlanMemory(size_t total, const TokenCacheLimits& token_cache,
                      size_t answer_cache) {
  const size_t cache = token_cache.enabled ? token_cache.bytes : 0;
  const size_t left = Minus(total, MemoryPlan::kBase + cache + answer_cache);
  MemoryPlan plan{.total = total,
                  .token_cache = cache,
                  .answer_cache = answer_cache,
                  .waiting = std::max(left / 5, kLeastWaiting),
                  .batches = std::max(left / 5, kLeastBatches),
                  .transport = 0};
  plan.transport =
      std::max(Minus(left, plan.waiting + plan.batches), kLeastTransport);
  return plan;
}

}  // namespace usher::config
