#include "lib/introspect/answer_cache.h"

#include <gtest/gtest.h>

namespace usher::introspect {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr uint64_t kIssuer = 7;

Answer Active(std::optional<absl::Time> exp = {}) {
  token::Claims claims;
  claims.issuer = "https://login.example.com";
  claims.subject = "alice";
  claims.expires_at = exp;
  return std::make_shared<const token::Claims>(std::move(claims));
}
Answer Inactive() {
  return base::Refusal{Reason::kTokenInactive, "not active"};
}
bool IsActive(const std::optional<Answer>& answer) {
  return answer &&
         std::holds_alternative<std::shared_ptr<const token::Claims>>(*answer);
}
bool IsDenied(const std::optional<Answer>& answer) {
  return answer && std::holds_alternative<base::Refusal>(*answer);
}

class AnswerCacheTest : public ::testing::Test {
 protected:
  std::optional<Answer> After(absl::Duration time, uint64_t issuer = kIssuer) {
    const auto found = cache_.Find({token_, issuer}, kNow + time);
    if (!found) return std::nullopt;
    return found->answer;
  }

  AnswerCache cache_{AnswerCache::Limits()};
  const jose::Sha256Digest token_ = jose::Sha256("opaque");
};

TEST_F(AnswerCacheTest, KeepsAnActiveTokenForThirtySeconds) {
  cache_.Put({token_, kIssuer}, Active(), kNow);
  EXPECT_TRUE(IsActive(After(absl::Seconds(29))));
  EXPECT_FALSE(After(absl::Seconds(30)));
}

TEST_F(AnswerCacheTest, KeepsAnActiveTokenNoLongerThanItsExp) {
  cache_.Put({token_, kIssuer}, Active(kNow + absl::Seconds(5)), kNow);
  EXPECT_TRUE(IsActive(After(absl::Seconds(4))));
  EXPECT_FALSE(After(absl::Seconds(5)));
}

// A client service may reuse an answer no longer than usherd does.
TEST_F(AnswerCacheTest, SaysUntilWhenAnAnswerMayBeUsed) {
  const absl::Time put =
      cache_.Put({token_, kIssuer}, Active(kNow + absl::Hours(1)), kNow).until;
  EXPECT_EQ(put, kNow + absl::Seconds(30));
  const auto found = cache_.Find({token_, kIssuer}, kNow + absl::Seconds(20));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->until, put);
}

TEST_F(AnswerCacheTest, KeepsADenialForTenSeconds) {
  cache_.Put({token_, kIssuer}, Inactive(), kNow);
  EXPECT_TRUE(IsDenied(After(absl::Seconds(9))));
  EXPECT_FALSE(After(absl::Seconds(10)));
}

TEST_F(AnswerCacheTest, ANewAnswerReplacesTheOneBefore) {
  cache_.Put({token_, kIssuer}, Active(), kNow);
  cache_.Put({token_, kIssuer}, Inactive(), kNow);
  EXPECT_TRUE(IsDenied(After(absl::Seconds(1))));
  cache_.Put({token_, kIssuer}, Active(), kNow);
  EXPECT_TRUE(IsActive(After(absl::Seconds(1))));
}

TEST_F(AnswerCacheTest, AnErrorIsNotKeptAndEndsNoAnswer) {
  cache_.Put({token_, kIssuer}, Active(), kNow);
  cache_.Put({token_, kIssuer},
             EndpointError{EndpointErrorKind::kTimeout, "late"}, kNow);
  EXPECT_TRUE(IsActive(After(absl::Seconds(1))));
}

TEST_F(AnswerCacheTest, AnAnswerOfOneIssuerIsNotTheAnswerOfAnother) {
  cache_.Put({token_, kIssuer}, Active(), kNow);
  EXPECT_FALSE(After(absl::Seconds(1), kIssuer + 1));
}

TEST_F(AnswerCacheTest, DeniedTokensPushOutNoActiveOne) {
  AnswerCache cache({.positive = {.entries = 64, .bytes = 1 << 20},
                     .negative = {.entries = 64, .bytes = 1 << 20}});
  cache.Put({token_, kIssuer}, Active(), kNow);
  for (int i = 0; i < 10'000; ++i) {
    cache.Put({jose::Sha256("made up " + std::to_string(i)), kIssuer},
              Inactive(), kNow);
  }
  EXPECT_TRUE(cache.Find({token_, kIssuer}, kNow));
  EXPECT_LE(cache.negative_counts().entries, 64u);
}

}  // namespace
}  // namespace usher::introspect
