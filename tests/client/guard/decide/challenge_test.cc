#include "client/guard/decide/challenge.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

constexpr std::string_view kPath = "/shop.v1.Orders/List";

std::string ChallengeOf(const Decision& decision) {
  return Challenge(decision, kPath).value_or("(none)");
}
std::string ChallengeOf(Reason reason, const std::string& why = "why") {
  return ChallengeOf(Refuse(base::Refusal{reason, why}));
}

TEST(Challenge, NamesTheErrorOfAToken) {
  EXPECT_EQ(ChallengeOf(Reason::kTokenExpired, "expired 12s ago"),
            "Bearer error=\"invalid_token\", "
            "error_description=\"TOKEN_EXPIRED: expired 12s ago\"");
  EXPECT_EQ(ChallengeOf(Reason::kTokenMultiple),
            "Bearer error=\"invalid_request\", "
            "error_description=\"TOKEN_MULTIPLE: why\"");
}

TEST(Challenge, HasNoErrorIfNoTokenWasSent) {
  EXPECT_EQ(ChallengeOf(Reason::kTokenMissing),
            "Bearer realm=\"shop.v1.Orders\"");
}

TEST(Challenge, NamesTheMissingScopes) {
  EXPECT_EQ(ChallengeOf(RefuseScopes({"a", "b:c/d"}, ScopeMatch::kAll)),
            "Bearer error=\"insufficient_scope\", "
            "error_description=\"SCOPE_INSUFFICIENT: needs a b:c/d\", "
            "scope=\"a b:c/d\"");
}

TEST(Challenge, OmitsScopesThatNoTokenCanHave) {
  for (const char* scope : {"a\"b", "a\\b", "a b", "", "\xc3\xa9"}) {
    const std::string challenge =
        ChallengeOf(RefuseScopes({"good", scope}, ScopeMatch::kAny));
    EXPECT_EQ(challenge.find("scope=\""), std::string::npos) << challenge;
  }
}

TEST(Challenge, EscapesWhatCouldEndAQuotedString) {
  EXPECT_EQ(ChallengeOf(Reason::kClaimInvalid, "a\"b\\c\r\nd\xc3\xa9\x7f e"),
            "Bearer error=\"invalid_token\", "
            "error_description=\"CLAIM_INVALID: a?b?c??d??? e\"");
}

TEST(Challenge, ExistsExactlyIfAnotherTokenWouldHelp) {
  for (const ReasonInfo& row : Reasons()) {
    const bool token_is_to_blame =
        row.code == absl::StatusCode::kUnauthenticated ||
        row.oauth_error == "insufficient_scope";
    EXPECT_EQ(ChallengeOf(row.reason) != "(none)", token_is_to_blame)
        << row.name;
  }
}

TEST(Challenge, TreatsAnUnknownReasonAsAnInvalidToken) {
  EXPECT_EQ(ChallengeOf(Refuse(Denial{.reason = {}, .message = "newer"})),
            "Bearer error=\"invalid_token\", "
            "error_description=\"UNKNOWN: newer\"");
}

TEST(Challenge, IsAbsentIfNoTokenWasChecked) {
  EXPECT_EQ(ChallengeOf({.code = absl::StatusCode::kUnauthenticated,
                         .message = "passed no gate",
                         .token_checked = false}),
            "(none)");
}

TEST(Challenge, IsAbsentIfTheResultIsUndecided) {
  EXPECT_EQ(ChallengeOf(Refuse(Undecided{Undecided::Cause::kUnreachable})),
            "(none)");
}

}  // namespace
}  // namespace usher::guard
