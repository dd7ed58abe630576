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

TEST(ForwardRule, LetsATokenGoToWhomItIsMeantFor) {
  const Caller caller = CallerFor({"orders", "stock"});
  EXPECT_TRUE(
      MayForward(caller, "stock", kExpiry - absl::Nanoseconds(1)).admits());
}

TEST(ForwardRule, KeepsATokenFromEverybodyElse) {
  for (const char* audience : {"billing", "", "stoc", "stock ", "STOCK"}) {
    const Ruling ruling =
        MayForward(CallerFor({"orders", "stock"}), audience, absl::UnixEpoch());
    EXPECT_EQ(ruling.reason, Reason::kAudienceMismatch) << audience;
    EXPECT_EQ(ruling.code, absl::StatusCode::kUnauthenticated);
  }
  EXPECT_EQ(MayForward(CallerFor({}), "", absl::UnixEpoch()).reason,
            Reason::kAudienceMismatch);
}

TEST(ForwardRule, ForwardsATokenWithoutExpiry) {
  internal::TokenMint::Fields fields;
  fields.audiences = {"stock"};
  const Caller caller(internal::TokenMint::Make(std::move(fields)));
  EXPECT_TRUE(MayForward(caller, "stock", kExpiry).admits());
}

TEST(ForwardRule, KeepsATokenThatHasExpired) {
  const Ruling ruling = MayForward(CallerFor({"stock"}), "stock", kExpiry);
  EXPECT_EQ(ruling.reason, Reason::kTokenExpired);
  EXPECT_EQ(ruling.code, absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace usher::guard
