#include "lib/revocation/set.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace usher::revocation {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);
constexpr absl::Duration kSkew = absl::Seconds(60);

TokenView Token() {
  return {.issuer = "corp",
          .tenant = "",
          .token_id = "t1",
          .session_id = "s1",
          .subject = "ada",
          .client_id = "shop",
          .issued_at = kNow,
          .clock_skew = kSkew};
}

void Add(Set& set, const TargetView& target,
         absl::Time not_issued_after = absl::InfiniteFuture()) {
  const Set::Change change(target, not_issued_after);
  set.Apply({&change, 1});
}
void Remove(Set& set, const TargetView& target) {
  const Set::Change change(target, std::nullopt);
  set.Apply({&change, 1});
}

TEST(RevocationSet, RevokesNothingWhileItIsEmpty) {
  const Set set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Find(Token()), std::nullopt);
}

TEST(RevocationSet, FindsATokenByEachKind) {
  const TargetView targets[] = {{"corp", "", Kind::kTokenId, "t1"},
                                {"corp", "", Kind::kSession, "s1"},
                                {"corp", "", Kind::kSubject, "ada"},
                                {"corp", "", Kind::kClient, "shop"},
                                {"corp", "", Kind::kEverything, ""}};
  for (const TargetView& target : targets) {
    SCOPED_TRACE(NameOf(target.kind));
    Set set;
    Add(set, target, kNow);
    EXPECT_EQ(set.Find(Token()), target.kind);
    EXPECT_EQ(set.size(target.kind), 1u);
    Remove(set, target);
    EXPECT_EQ(set.Find(Token()), std::nullopt);
    EXPECT_TRUE(set.empty());
    EXPECT_EQ(set.size(target.kind), 0u);
    EXPECT_EQ(set.bytes(), 0u);
  }
}

TEST(RevocationSet, NamesTheFirstKindOfSeveral) {
  Set set;
  Add(set, {"corp", "", Kind::kEverything, ""}, kNow);
  Add(set, {"corp", "", Kind::kSession, "s1"});
  EXPECT_EQ(set.Find(Token()), Kind::kSession);
}

TEST(RevocationSet, DoesNotConfuseKindsIssuersAndTenants) {
  Set set;
  Add(set, {"corp", "", Kind::kSubject, "t1"}, kNow);
  Add(set, {"corp", "", Kind::kTokenId, "ada"});
  Add(set, {"partner", "", Kind::kSubject, "ada"}, kNow);
  Add(set, {"corp", "a", Kind::kEverything, ""}, kNow);
  // The same letters, divided in another way.
  Add(set, {"cor", "p", Kind::kSubject, "ada"}, kNow);
  Add(set, {"corpa", "", Kind::kSubject, "da"}, kNow);
  EXPECT_EQ(set.Find(Token()), std::nullopt);
  TokenView tenant = Token();
  tenant.tenant = "a";
  EXPECT_EQ(set.Find(tenant), Kind::kEverything);
}

TEST(RevocationSet, SparesTokensThatWereIssuedLater) {
  for (const Kind kind : {Kind::kSubject, Kind::kClient, Kind::kEverything}) {
    SCOPED_TRACE(NameOf(kind));
    const std::string_view value = kind == Kind::kSubject  ? "ada"
                                   : kind == Kind::kClient ? "shop"
                                                           : "";
    Set set;
    Add(set, {"corp", "", kind, value}, kNow);
    TokenView token = Token();
    token.issued_at = kNow + kSkew;
    EXPECT_EQ(set.Find(token), kind);
    token.issued_at = kNow + kSkew + absl::Nanoseconds(1);
    EXPECT_EQ(set.Find(token), std::nullopt);
    // Without iat nothing shows that it was issued later.
    token.issued_at = std::nullopt;
    EXPECT_EQ(set.Find(token), kind);
  }
}

TEST(RevocationSet, CoversATokenAndASessionWhateverIatSays) {
  Set set;
  Add(set, {"corp", "", Kind::kTokenId, "t1"});
  TokenView token = Token();
  token.issued_at = kNow + absl::Hours(1000);
  EXPECT_EQ(set.Find(token), Kind::kTokenId);
  token.token_id = "t2";
  EXPECT_EQ(set.Find(token), std::nullopt);
  Add(set, {"corp", "", Kind::kSession, "s1"});
  EXPECT_EQ(set.Find(token), Kind::kSession);
}

TEST(RevocationSet, DoesNotCoverATokenWithoutTheClaim) {
  Set set;
  Add(set, {"corp", "", Kind::kTokenId, ""});
  Add(set, {"corp", "", Kind::kSession, "s1"});
  Add(set, {"corp", "", Kind::kSubject, ""}, kNow);
  Add(set, {"corp", "", Kind::kClient, ""}, kNow);
  TokenView token = Token();
  token.token_id = token.session_id = token.subject = token.client_id =
      std::nullopt;
  EXPECT_EQ(set.Find(token), std::nullopt);
}

TEST(RevocationSet, KeepsTheLaterTimeOfOneTarget) {
  Set set;
  const TargetView target = {"corp", "", Kind::kSubject, "ada"};
  Add(set, target, kNow - absl::Hours(1));
  EXPECT_EQ(set.Find(Token()), std::nullopt);
  Add(set, target, kNow);
  EXPECT_EQ(set.Find(Token()), Kind::kSubject);
  Add(set, target, kNow - absl::Hours(2));
  EXPECT_EQ(set.Find(Token()), Kind::kSubject);
  EXPECT_EQ(set.size(), 1u);
}

TEST(RevocationSet, MakesChangesInTheirOrder) {
  Set set;
  const TargetView target = {"corp", "", Kind::kTokenId, "t1"};
  const Set::Change add(target, absl::InfiniteFuture());
  const Set::Change remove(target, std::nullopt);
  set.Apply(std::vector<Set::Change>{add, remove});
  EXPECT_EQ(set.Find(Token()), std::nullopt);
  set.Apply(std::vector<Set::Change>{remove, add, add});
  EXPECT_EQ(set.Find(Token()), Kind::kTokenId);
  EXPECT_EQ(set.size(), 1u);
}

TEST(RevocationSet, RemovesNothingThatIsNotThere) {
  Set set;
  Add(set, {"corp", "", Kind::kTokenId, "t1"});
  Remove(set, {"corp", "", Kind::kTokenId, "t2"});
  Remove(set, {"corp", "", Kind::kSession, "t1"});
  EXPECT_EQ(set.size(), 1u);
  EXPECT_EQ(set.Find(Token()), Kind::kTokenId);
}

TEST(RevocationSet, HoldsManyEntriesInAFewBytesEach) {
  constexpr size_t kMany = 200'000;
  Set set;
  std::vector<Set::Change> changes;
  std::vector<std::string> names;
  for (size_t i = 0; i < kMany; ++i) names.push_back("t" + std::to_string(i));
  for (const std::string& name : names) {
    changes.emplace_back(TargetView{"corp", "", Kind::kTokenId, name},
                         absl::InfiniteFuture());
  }
  set.Apply(changes);
  EXPECT_EQ(set.size(), kMany);
  EXPECT_LT(set.bytes() / kMany, 48u);
  TokenView token = Token();
  for (const std::string& name : names) {
    token.token_id = name;
    ASSERT_EQ(set.Find(token), Kind::kTokenId) << name;
    token.token_id = "x";
    ASSERT_EQ(set.Find(token), std::nullopt);
  }
  for (Set::Change& change : changes) change.not_issued_after.reset();
  set.Apply(changes);
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.bytes(), 0u);
}

TEST(RevocationTarget, HasADigestOfItsOwn) {
  const Target target = {"corp", "a", Kind::kSubject, "ada"};
  EXPECT_EQ(DigestOf(target), DigestOf(Target(target)));
  for (const Target& other : {Target{"corp", "", Kind::kSubject, "ada"},
                              Target{"corpa", "", Kind::kSubject, "ada"},
                              Target{"corp", "a", Kind::kClient, "ada"},
                              Target{"corp", "aa", Kind::kSubject, "da"}}) {
    EXPECT_NE(DigestOf(target), DigestOf(other));
  }
}

}  // namespace
}  // namespace usher::revocation
