#include "client/guard/decide/decision.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

TEST(Decision, MessageHasTheErrorCodeTheReasonAndAText) {
  const Decision decision = Refuse(
      Denial{.reason = Reason::kTokenExpired, .message = "expired 12s ago"});
  EXPECT_EQ(decision.code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(decision.message, "invalid_token: TOKEN_EXPIRED: expired 12s ago");
}

TEST(Decision, MessageHasNoErrorCodeIfNoneFits) {
  EXPECT_EQ(Refuse(base::Refusal{Reason::kTokenMissing, "send one"}).message,
            "TOKEN_MISSING: send one");
}

TEST(Decision, EachReasonHasOneOfThreeCodes) {
  for (const ReasonInfo& row : Reasons()) {
    const Decision decision = Refuse(base::Refusal{row.reason, "because"});
    EXPECT_EQ(decision.code,
              row.undecided ? absl::StatusCode::kUnavailable : row.code)
        << row.name;
    EXPECT_FALSE(decision.admits()) << row.name;
    EXPECT_TRUE(decision.message.ends_with(base::StrCat(row.name, ": because")))
        << decision.message;
  }
}

TEST(Decision, AnUnknownReasonIsARefusal) {
  const Decision decision = Refuse(Denial{.reason = {}, .message = "newer"});
  EXPECT_EQ(decision.code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(decision.message, "invalid_token: UNKNOWN: newer");
}

TEST(Decision, MessageSaysNothingAboutUsherd) {
  for (int cause = 0; cause <= static_cast<int>(Undecided::Cause::kStopped);
       ++cause) {
    const Decision decision =
        Refuse(Undecided{.cause = static_cast<Undecided::Cause>(cause),
                         .message = "10.1.2.3:9443 refused the connection"});
    EXPECT_EQ(decision.code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(decision.message.find("10.1.2.3"), std::string::npos);
  }
}

TEST(Decision, MessageNamesTheReasonOfAnUndecidedResult) {
  const Decision decision =
      Refuse(Undecided{.cause = Undecided::Cause::kDependency,
                       .reason = Reason::kKeysUnavailable});
  EXPECT_EQ(decision.code, absl::StatusCode::kUnavailable);
  EXPECT_TRUE(decision.message.starts_with("KEYS_UNAVAILABLE: "));
}

}  // namespace
}  // namespace usher::guard
