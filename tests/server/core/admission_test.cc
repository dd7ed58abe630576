#include "server/core/admission.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace usher::server {
namespace {

using Bound = AdmissionLimit::Bound;

constexpr size_t kManyBytes = size_t{1} << 40;

struct Crowd {
  explicit Crowd(AdmissionLimit::Limits limits) : limit(limits, "tokens") {}

  // How many of `wanted` requests get in.
  size_t Enter(size_t wanted, const std::string& client_service,
               const std::string& issuer, size_t bytes = 1) {
    size_t entered = 0;
    for (size_t i = 0; i < wanted; ++i) {
      auto permit = limit.TryAcquire({client_service, issuer, bytes});
      if (!permit) {
        last = permit.refusal();
        continue;
      }
      permits.push_back(*std::move(permit));
      ++entered;
    }
    return entered;
  }

  AdmissionLimit limit;
  std::vector<Permit> permits;
  std::optional<base::Refusal> last;
};

TEST(AdmissionLimit, BoundsTheNumberOfRequests) {
  Crowd crowd({8, kManyBytes});
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(crowd.Enter(1, "c" + std::to_string(i), ""), 1u);
  }
  EXPECT_EQ(crowd.Enter(1, "c9", ""), 0u);
  EXPECT_EQ(crowd.last->reason, Reason::kOverloaded);
  EXPECT_EQ(crowd.last->message, "there are too many tokens");
  EXPECT_EQ(crowd.limit.refused(Bound::kRequests), 1u);
  crowd.permits.pop_back();
  EXPECT_EQ(crowd.Enter(1, "c9", ""), 1u);
}

TEST(AdmissionLimit, BoundsTheBytes) {
  Crowd crowd({1000, 100});
  EXPECT_EQ(crowd.Enter(1, "a", "", 60), 1u);
  EXPECT_EQ(crowd.Enter(1, "b", "", 60), 0u);
  EXPECT_EQ(crowd.limit.refused(Bound::kBytes), 1u);
  EXPECT_EQ(crowd.limit.bytes_in_use(), 60u);
  EXPECT_EQ(crowd.Enter(1, "b", "", 40), 1u);
}

TEST(AdmissionLimit, LetsOneLargeRequestInWhereNothingElseIs) {
  Crowd crowd({1000, 100});
  EXPECT_EQ(crowd.Enter(1, "a", "corp", 500), 1u);
  EXPECT_EQ(crowd.Enter(1, "b", "corp", 1), 0u);
}

TEST(AdmissionLimit, GivesOneClientServiceAQuarter) {
  Crowd crowd({80, kManyBytes});
  EXPECT_EQ(crowd.Enter(80, "attacker", ""), 20u);
  EXPECT_EQ(crowd.last->message,
            "there are too many tokens from this client service");
  EXPECT_EQ(crowd.limit.refused(Bound::kClientService), 60u);
  EXPECT_EQ(crowd.Enter(20, "good", ""), 20u);
}

TEST(AdmissionLimit, GivesOneIssuerAHalf) {
  Crowd crowd({80, kManyBytes});
  size_t entered = 0;
  for (int i = 0; i < 10; ++i) {
    entered += crowd.Enter(10, "c" + std::to_string(i), "slow");
  }
  EXPECT_EQ(entered, 40u);
  EXPECT_EQ(crowd.last->message, "there are too many tokens of this issuer");
  EXPECT_EQ(crowd.Enter(10, "c1", "fast"), 10u);
}

TEST(AdmissionLimit, DoesNotLetAClientServiceTakeAnIssuerFromTheOthers) {
  Crowd crowd({80, kManyBytes});
  EXPECT_EQ(crowd.Enter(80, "attacker", "corp"), 10u);
  EXPECT_EQ(crowd.limit.refused(Bound::kIssuer), 70u);
  EXPECT_EQ(crowd.Enter(10, "good", "corp"), 10u);
  EXPECT_EQ(crowd.Enter(10, "attacker", "other"), 10u);
}

TEST(AdmissionLimit, BoundsTheBytesOfEachToo) {
  Crowd crowd({1000, 8000});
  EXPECT_EQ(crowd.Enter(50, "attacker", "", 100), 20u);
  EXPECT_EQ(crowd.Enter(50, "other", "corp", 100), 10u);
}

TEST(AdmissionLimit, ForgetsWhatWasReturned) {
  Crowd crowd({80, kManyBytes});
  crowd.Enter(80, "a", "x");
  Permit moved = std::move(crowd.permits.back());
  crowd.permits.clear();
  EXPECT_EQ(crowd.limit.in_use(), 1u);
  moved.Return();
  moved.Return();
  EXPECT_EQ(crowd.limit.in_use(), 0u);
  EXPECT_EQ(crowd.limit.bytes_in_use(), 0u);
  EXPECT_EQ(crowd.Enter(80, "a", "x"), 10u);
}

TEST(AdmissionLimit, RefusesEverythingWhereNothingIsAllowed) {
  Crowd crowd({0, kManyBytes});
  EXPECT_EQ(crowd.Enter(1, "a", "x"), 0u);
}

TEST(AdmissionLimit, CountsRightlyOnManyThreads) {
  Crowd crowd({100, kManyBytes});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&crowd, t] {
      for (int i = 0; i < 2000; ++i) {
        auto permit = crowd.limit.TryAcquire(
            {"c" + std::to_string(t), "i" + std::to_string(i % 3), 10});
        EXPECT_LE(crowd.limit.in_use(), 100u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(crowd.limit.in_use(), 0u);
  EXPECT_EQ(crowd.limit.bytes_in_use(), 0u);
}

}  // namespace
}  // namespace usher::server
