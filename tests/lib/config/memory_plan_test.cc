#include "lib/config/memory_plan.h"

#include <gtest/gtest.h>

namespace usher::config {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(MemoryPlan, FitsIntoWhatThereIs) {
  for (size_t total = 256 * kMiB; total < 1024 * kMiB; total += kMiB) {
    const MemoryPlan plan = PlanMemory(total, {});
    EXPECT_EQ(plan.Fits(), total >= 267 * kMiB) << total / kMiB;
    EXPECT_EQ(plan.token_cache, 128 * kMiB);
    EXPECT_GE(plan.waiting, 4 * kMiB);
    EXPECT_GE(plan.batches, 20 * kMiB);
    EXPECT_GE(plan.transport, 40 * kMiB);
  }
}

TEST(MemoryPlan, UsesWhatThereIs) {
  const MemoryPlan plan = PlanMemory(1024 * kMiB, {});
  EXPECT_GT(plan.Sum(), 1023 * kMiB);
  EXPECT_GT(plan.waiting, 100 * kMiB);
}

TEST(MemoryPlan, EndsConnectionsBeforeGrpcsQuotaIsReached) {
  const MemoryPlan plan = PlanMemory(1024 * kMiB, {});
  EXPECT_EQ(plan.Brake(), 768 * kMiB);
  EXPECT_GT(plan.Quota(), plan.Brake());
  EXPECT_LT(plan.Quota(), plan.total);
  // The other parts can be full and leave room.
  EXPECT_GT(plan.Brake(), plan.Sum() - plan.transport);
}

TEST(MemoryPlan, SaysWhereTheLeastDoesNotFit) {
  EXPECT_FALSE(PlanMemory(200 * kMiB, {}).Fits());
  EXPECT_TRUE(PlanMemory(200 * kMiB, {.bytes = 32 * kMiB}).Fits());
  EXPECT_TRUE(PlanMemory(200 * kMiB, {.enabled = false}).Fits());
}

TEST(MemoryPlan, CountsTheCacheOfAnswersIfAnIssuerIsAsked) {
  std::vector<issuer::Config> issuers(2);
  EXPECT_EQ(AnswerCacheBytes(issuers), 0u);
  issuers[1].introspection.emplace();
  const size_t bytes = AnswerCacheBytes(issuers);
  EXPECT_EQ(bytes, 72 * kMiB);
  EXPECT_FALSE(PlanMemory(300 * kMiB, {}, bytes).Fits());
  EXPECT_TRUE(PlanMemory(339 * kMiB, {}, bytes).Fits());
}

}  // namespace
}  // namespace usher::config
