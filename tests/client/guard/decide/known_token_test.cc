#include "client/guard/decide/known_token.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

const absl::Time kSent = absl::FromUnixSeconds(1'800'000'000);

class KnownTokenTest : public ::testing::Test {
 protected:
  std::shared_ptr<const KnownToken> Known(
      absl::Duration cache_for, double jitter = 0,
      absl::Duration lives = absl::Hours(1)) {
    auto fields = testing::FieldsOf("alice", kSent + lives);
    fields.cache_for = cache_for;
    return KnownToken::Create(
        "alice's token", Caller(internal::TokenMint::Make(std::move(fields))),
        kSent, jitter, budget_);
  }

  MemoryBudget budget_{1 << 20};
};

TEST_F(KnownTokenTest, IsRefreshedInTheLastThirdOfItsLife) {
  const auto known = Known(absl::Seconds(30));
  EXPECT_FALSE(known->BeginRefresh(kSent + absl::Seconds(19)));
  EXPECT_TRUE(known->BeginRefresh(kSent + absl::Seconds(20)));
}

TEST_F(KnownTokenTest, IsRefreshedByOneUserAtATime) {
  const auto known = Known(absl::Seconds(30));
  const absl::Time due = kSent + absl::Seconds(25);
  EXPECT_TRUE(known->BeginRefresh(due));
  EXPECT_FALSE(known->BeginRefresh(due));
  known->RetryRefresh(due + absl::Seconds(1));
  EXPECT_FALSE(known->BeginRefresh(due));
  EXPECT_TRUE(known->BeginRefresh(due + absl::Seconds(1)));
}

TEST_F(KnownTokenTest, SpreadsRefreshesByJitter) {
  EXPECT_FALSE(
      Known(absl::Seconds(30), 1)->BeginRefresh(kSent + absl::Seconds(24)));
  EXPECT_TRUE(
      Known(absl::Seconds(30), 1)->BeginRefresh(kSent + absl::Seconds(25)));
}

TEST_F(KnownTokenTest, IsNotRefreshedIfTheTokenItselfEnds) {
  const auto known = Known(absl::Seconds(30), 0, absl::Seconds(15));
  EXPECT_EQ(known->ends(), kSent + absl::Seconds(15));
  EXPECT_FALSE(known->BeginRefresh(kSent + absl::Seconds(14)));
}

TEST_F(KnownTokenTest, ReservesItsMemoryWhileItLives) {
  auto known = Known(absl::Seconds(30));
  EXPECT_EQ(budget_.used(), known->bytes());
  auto shared = known;
  EXPECT_EQ(budget_.used(), known->bytes()) << "once, however many hold it";
  known.reset();
  EXPECT_GT(budget_.used(), 0u);
  shared.reset();
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(KnownTokenTest, NeedsRoom) {
  std::vector<std::shared_ptr<const KnownToken>> all;
  while (auto known = Known(absl::Seconds(30))) all.push_back(known);
  EXPECT_GT(all.size(), 100u);
  EXPECT_LE(budget_.used(), 1u << 20);
  all.pop_back();
  EXPECT_NE(Known(absl::Seconds(30)), nullptr);
}

}  // namespace
}  // namespace usher::guard
