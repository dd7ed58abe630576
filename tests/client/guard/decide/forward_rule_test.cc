#include "client/guard/decide/forward_rule.h"

#include <gtest/gtest.h>

#include "usher/internal/token_mint.h"

namespace usher::guard {
namespace {

const absl::Time kExpiry = absl::UnixEpoch() + absl::Hours(1);

Caller CallerFor(std::vector<std::string> audiences) {
  internal::TokenMint::Fields fields;
  fields.audiences = std::move(audiences);
  fields.expires_at = kExpiry;
  return Caller(internal::TokenMint::Make(std::move(fields)));
}

TEST(ForwardRule, ForwardsATokenToItsAudience) {
  const Caller caller = CallerFor({"orders", "stock"});
  EXPECT_TRUE(
      CheckForward(caller, "stock", kExpiry - absl::Nanoseconds(1)).admits());
}

TEST(ForwardRule, ForwardsATokenToNoOtherAudience) {
  for (const char* audience : {"billing", "", "stoc", "stock ", "STOCK"}) {
    const Decision decision = CheckForward(CallerFor({"orders", "stock"}),
                                           audience, absl::UnixEpoch());
    EXPECT_EQ(decision.reason, Reason::kAudienceMismatch) << audience;
    EXPECT_EQ(decision.code, absl::StatusCode::kUnauthenticated);
  }
  EXPECT_EQ(CheckForward(CallerFor({}), "", absl::UnixEpoch()).reason,
            Reason::kAudienceMismatch);
}

TEST(ForwardRule, ForwardsATokenWithoutExpiry) {
  internal::TokenMint::Fields fields;
  fields.audiences = {"stock"};
  const Caller caller(internal::TokenMint::Make(std::move(fields)));
  EXPECT_TRUE(CheckForward(caller, "stock", kExpiry).admits());
}

TEST(ForwardRule, ForwardsNoExpiredToken) {
  const Decision decision =
      CheckForward(CallerFor({"stock"}), "stock", kExpiry);
  EXPECT_EQ(decision.reason, Reason::kTokenExpired);
  EXPECT_EQ(decision.code, absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace usher::guard
