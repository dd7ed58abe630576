#include "client/guard/decide/decision.h"

#include <gtest/gtest.h>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

TEST(Ruling, SaysTheErrorWordTheReasonAndWhy) {
  const Ruling ruling = Refuse(
      Denial{.reason = Reason::kTokenExpired, .message = "expired 12s ago"});
  EXPECT_EQ(ruling.code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ruling.message, "invalid_token: TOKEN_EXPIRED: expired 12s ago");
}

TEST(Ruling, LeavesTheErrorWordOutWhereNoneFits) {
  EXPECT_EQ(Refuse(base::Refusal{Reason::kTokenMissing, "send one"}).message,
            "TOKEN_MISSING: send one");
}

TEST(Ruling, EndsEachReasonWithOneOfThreeCodes) {
  for (const ReasonInfo& row : Reasons()) {
    const Ruling ruling = Refuse(base::Refusal{row.reason, "because"});
    EXPECT_EQ(ruling.code,
              row.undecided ? absl::StatusCode::kUnavailable : row.code)
        << row.name;
    EXPECT_FALSE(ruling.admits()) << row.name;
    EXPECT_TRUE(ruling.message.ends_with(base::StrCat(row.name, ": because")))
        << ruling.message;
  }
}

TEST(Ruling, AdmitsNobodyForAReasonItDoesNotKnow) {
  const Ruling ruling = Refuse(Denial{.reason = {}, .message = "newer"});
  EXPECT_EQ(ruling.code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ruling.message, "invalid_token: UNKNOWN: newer");
}

TEST(Ruling, KeepsFromCallersWhatIsBetweenServices) {
  for (int cause = 0; cause <= static_cast<int>(Undecided::Cause::kStopped);
       ++cause) {
    const Ruling ruling =
        Refuse(Undecided{.cause = static_cast<Undecided::Cause>(cause),
                         .message = "10.1.2.3:9443 refused the connection"});
    EXPECT_EQ(ruling.code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(ruling.message.find("10.1.2.3"), std::string::npos);
  }
}

TEST(Ruling, NamesWhatUsherdCannotReach) {
  const Ruling ruling = Refuse(Undecided{.cause = Undecided::Cause::kDependency,
                                         .reason = Reason::kKeysUnavailable});
  EXPECT_EQ(ruling.code, absl::StatusCode::kUnavailable);
  EXPECT_TRUE(ruling.message.starts_with("KEYS_UNAVAILABLE: "));
}

}  // namespace
}  // namespace usher::guard
