#include "usher/reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace usher::base {
namespace {

// Without default, so that the compiler asks for a line here when an enumerator
// is added, and the tests below for its row.
bool IsEnumerator(Reason reason) {
  switch (reason) {
    case Reason::kTokenMissing:
    case Reason::kTokenMultiple:
    case Reason::kAuthSchemeUnsupported:
    case Reason::kTokenMalformed:
    case Reason::kTokenTooLarge:
    case Reason::kCriticalHeaderUnsupported:
    case Reason::kTokenTypeNotAllowed:
    case Reason::kAlgorithmNotAllowed:
    case Reason::kIssuerMissing:
    case Reason::kIssuerUnknown:
    case Reason::kKeyNotFound:
    case Reason::kKeyMismatch:
    case Reason::kKeyAmbiguous:
    case Reason::kSignatureInvalid:
    case Reason::kTokenExpired:
    case Reason::kTokenNotYetValid:
    case Reason::kIssuedInFuture:
    case Reason::kTokenTooOld:
    case Reason::kLifetimeTooLong:
    case Reason::kAudienceMismatch:
    case Reason::kClaimMissing:
    case Reason::kClaimInvalid:
    case Reason::kClaimRejected:
    case Reason::kTokenBindingUnsupported:
    case Reason::kTokenInactive:
    case Reason::kTokenRevoked:
    case Reason::kScopeInsufficient:
    case Reason::kMethodNotInPolicy:
    case Reason::kCallerNotAllowed:
    case Reason::kKeysUnavailable:
    case Reason::kIntrospectionUnavailable:
    case Reason::kRevocationUnavailable:
    case Reason::kOverloaded:
      return true;
  }
  return false;
}

TEST(Reasons, HaveARowForEveryEnumeratorAndNoOther) {
  for (int number = 0; number < 256; ++number) {
    const Reason reason = static_cast<Reason>(number);
    const bool has_row = std::any_of(
        Reasons().begin(), Reasons().end(),
        [&](const ReasonInfo& row) { return row.reason == reason; });
    EXPECT_EQ(has_row, IsEnumerator(reason)) << number;
    if (!has_row) continue;
    EXPECT_EQ(InfoOf(reason).reason, reason);
  }
}

TEST(Reasons, HaveNamesOfTheirOwnInUpperSnakeCase) {
  std::set<std::string_view> names;
  for (const ReasonInfo& row : Reasons()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.name.empty());
    EXPECT_LE(row.name.size(), 63u) << row.name;  // google.rpc.ErrorInfo
    EXPECT_TRUE(std::all_of(row.name.begin(), row.name.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || c == '_';
    })) << row.name;
    EXPECT_EQ(ReasonNamed(row.name), row.reason);
  }
}

TEST(Reasons, AreInTheOrderOfTheirNumbers) {
  EXPECT_TRUE(std::is_sorted(Reasons().begin(), Reasons().end(),
                             [](const ReasonInfo& a, const ReasonInfo& b) {
                               return a.reason < b.reason;
                             }));
}

TEST(Reasons, ExplainThemselves) {
  for (const ReasonInfo& row : Reasons()) {
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_FALSE(row.advice.empty()) << row.name;
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.name;
    EXPECT_TRUE(row.advice.ends_with('.') || row.advice.ends_with(')'))
        << row.name;
  }
}

TEST(Reasons, NeverAskForARetryOfADenial) {
  for (const ReasonInfo& row : Reasons()) {
    const bool retryable = row.code == absl::StatusCode::kUnavailable ||
                           row.code == absl::StatusCode::kResourceExhausted;
    EXPECT_EQ(row.undecided, retryable) << row.name;
    EXPECT_EQ(IsUndecided(row.reason), row.undecided) << row.name;
    EXPECT_NE(row.code, absl::StatusCode::kOk) << row.name;
  }
}

TEST(Reasons, AgreeOverHttpAndGrpc) {
  for (const ReasonInfo& row : Reasons()) {
    const int expected = row.code == absl::StatusCode::kUnauthenticated    ? 401
                         : row.code == absl::StatusCode::kPermissionDenied ? 403
                         : row.code == absl::StatusCode::kResourceExhausted
                             ? 429
                             : 503;
    EXPECT_EQ(row.http_status, expected) << row.name;
  }
}

TEST(ReasonNamed, KnowsNoOtherSpelling) {
  EXPECT_EQ(ReasonNamed("TOKEN_EXPIRED"), Reason::kTokenExpired);
  EXPECT_EQ(ReasonNamed("token_expired"), std::nullopt);
  EXPECT_EQ(ReasonNamed("TOKEN_EXPIRED "), std::nullopt);
  EXPECT_EQ(ReasonNamed(""), std::nullopt);
}

}  // namespace
}  // namespace usher::base
