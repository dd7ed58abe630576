#include "client/guard/decide/admissions.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kEnds = kNow + absl::Minutes(10);
const std::string kList = "/shop.Orders/List";
const std::string kDelete = "/shop.Orders/Delete";

class AdmissionsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const KnownToken> Known(std::string_view token) {
    return KnownToken::Create(
        token,
        Caller(internal::TokenMint::Make(testing::FieldsOf(
            std::string(token.substr(0, 20)), kNow + absl::Hours(1)))),
        kNow, 0, budget_);
  }
  void Add(std::string_view token, absl::Time ends = kEnds,
           absl::Time now = kNow) {
    admissions_.Add(base::TokenKey(token), {Known(token)}, ends, now);
  }
  // Whether a call with `token` was admitted.
  bool Take(std::string_view token, absl::Time now = kNow) {
    const Admission taken = admissions_.Take(base::TokenKey(token), now);
    return taken.token != nullptr && taken.token->token() == token;
  }

  MemoryBudget budget_{64 << 20};
  Admissions admissions_;
};

TEST_F(AdmissionsTest, LastForAsManyCallsAsWereAdmitted) {
  EXPECT_FALSE(Take("alice"));
  for (int i = 0; i < 3; ++i) Add("alice");
  EXPECT_EQ(admissions_.calls(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Take("alice"));
  EXPECT_FALSE(Take("alice"));
  EXPECT_EQ(admissions_.calls(), 0u);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(AdmissionsTest, AreNotEvictedByOtherTokens) {
  // Tokens differ in their signature, so at the end.
  const std::string claims(300, 'x');
  for (int i = 0; i < 20'000; ++i) Add(base::StrCat(claims, i));
  EXPECT_EQ(admissions_.calls(), 20'000u);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(Take(base::StrCat(claims, i))) << i;
  }
}

TEST_F(AdmissionsTest, TellTokensWithTheSameHashApart) {
  const std::string token(900, 'a');
  std::string other = token;
  other[450] = 'b';
  ASSERT_EQ(base::TokenKey(token).hash(), base::TokenKey(other).hash());
  Add(token);
  EXPECT_FALSE(Take(other));
  Add(other);
  EXPECT_TRUE(Take(token));
  EXPECT_TRUE(Take(other));
}

TEST_F(AdmissionsTest, KeepMethodsApart) {
  const base::TokenKey token("alice");
  const base::TokenKey list = token.For({&kList, 1});
  const base::TokenKey remove = token.For({&kDelete, 1});
  admissions_.Add(list, {Known("alice")}, kEnds, kNow);
  EXPECT_EQ(admissions_.Take(remove, kNow).token, nullptr);
  EXPECT_FALSE(Take("alice"));
  admissions_.Add(list, {Known("alice")}, kEnds, kNow);
  admissions_.Add(remove, {Known("alice")}, kEnds, kNow);
  admissions_.Erase(list);
  EXPECT_EQ(admissions_.Take(list, kNow).token, nullptr) << "all calls' ended";
  EXPECT_NE(admissions_.Take(remove, kNow).token, nullptr);
}

TEST_F(AdmissionsTest, EndByThemselvesIfTheCallNeverArrives) {
  Add("alice");
  EXPECT_FALSE(Take("alice", kEnds));
  Add("bob");
  Add("carol", kEnds + absl::Minutes(5), kNow + absl::Minutes(5));
  admissions_.Sweep(kEnds);
  EXPECT_EQ(admissions_.calls(), 1u);
  EXPECT_TRUE(Take("carol", kEnds));
  EXPECT_EQ(budget_.used(), 0u) << "their memory is free again";
}

TEST_F(AdmissionsTest, ThatHaveEndedDoNotCountForLaterCalls) {
  Add("alice");
  Add("alice", kEnds + absl::Minutes(10), kEnds);
  EXPECT_TRUE(Take("alice", kEnds));
  EXPECT_FALSE(Take("alice", kEnds));
}

}  // namespace
}  // namespace usher::guard
