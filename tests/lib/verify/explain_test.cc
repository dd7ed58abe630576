#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using Outcome = Check::Outcome;
using testing::TestIssuer;

class Explain : public ::testing::Test {
 protected:
  Explain() : provider(world.clock) {
    world.Add(provider);
    world.Apply();
  }
  // "PPPF...........": how each check ended, in order.
  std::string Shape(const std::string& token, const Requirements& wanted = {}) {
    std::string shape;
    for (const Check& check : world.Explain(token, wanted).checks) {
      shape += "PF.U"[static_cast<int>(check.outcome)];
    }
    return shape;
  }
  VerifierFixture world;
  TestIssuer provider;
};

TEST_F(Explain, ListsEveryCheckInOrder) {
  const auto explained = world.Explain(provider.Mint(), {});
  EXPECT_TRUE(explained.verdict.ok());
  ASSERT_EQ(explained.checks.size(), token::kCheckNames.size());
  for (size_t i = 0; i < explained.checks.size(); ++i) {
    EXPECT_EQ(explained.checks[i].name, token::kCheckNames[i]);
    EXPECT_EQ(explained.checks[i].outcome, Outcome::kPassed);
    EXPECT_FALSE(explained.checks[i].detail.empty());
  }
}

TEST_F(Explain, SaysWhereAnIdTokenPassesAsAnAccessToken) {
  const auto kind = [&](const Requirements& wanted = {}) {
    const auto explained = world.Explain(provider.Mint({.typ = "JWT"}), wanted);
    return explained.checks[static_cast<size_t>(token::CheckId::kKind)].detail;
  };
  EXPECT_NE(kind().find("access_token"), std::string::npos) << kind();
  EXPECT_EQ(kind({.kind = TokenKind::kIdToken}), "of the requested kind");
  world.configs.front().policy.access_token.emplace().has_any = {"iss"};
  world.Apply();
  EXPECT_EQ(kind(), "of the requested kind");
}

TEST_F(Explain, StopsAtTheFirstFailure) {
  EXPECT_EQ(Shape("eyJ.garbage"), "F..............");
  EXPECT_EQ(Shape(provider.Mint({.header = R"({"crit":["x"]})"})),
            "PF.............");
  EXPECT_EQ(Shape(provider.Mint({.typ = "logout+jwt"})), "PPF............");
  EXPECT_EQ(Shape(provider.Mint({.header = R"({"alg":"HS256"})"})),
            "PPPF...........");
  EXPECT_EQ(Shape(provider.Mint({.header = R"({"kid":"x"})"})),
            "PPPPPF.........");
  const std::string good = provider.Mint();
  EXPECT_EQ(Shape(good.substr(0, good.rfind('.') + 1)), "PPPPPPF........");
  EXPECT_EQ(Shape(provider.Mint({.claims = R"({"sub":1})"})),
            "PPPPPPPPF......");
  EXPECT_EQ(Shape(provider.Mint({.claims = R"({"exp":2,"iat":1})"})),
            "PPPPPPPPPF.....");
  EXPECT_EQ(Shape(good, {.scopes = {"admin"}}), "PPPPPPPPPPPPPPF");
}

TEST_F(Explain, ReportsAnUnknownIssuerAfterTheAlgorithm) {
  EXPECT_EQ(Shape(provider.Mint({.claims = R"({"iss":"https://x"})"})),
            "PP.PF..........");
}

TEST_F(Explain, IsUndecidedForAnUnknownKeyOfATokenNewerThanTheKeys) {
  world.clock.Advance(absl::Minutes(1));
  const std::string newer = provider.Mint({.header = R"({"kid":"x"})"});
  EXPECT_EQ(Shape(newer), "PPPPPU.........");
  const std::string older = provider.Mint(
      {.claims = base::StrCat(
           R"({"iat":)",
           absl::ToUnixSeconds(world.clock.Now() - absl::Minutes(2)), "}"),
       .header = R"({"kid":"x"})"});
  EXPECT_EQ(Shape(older), "PPPPPF.........");
  EXPECT_EQ(world.http.waiting(), 0u);
}

TEST_F(Explain, ChangesNoCacheAndNoMetric) {
  world.Explain(provider.Mint(), {});
  EXPECT_EQ(world.engine.token_cache().counts().entries, 0u);
  EXPECT_TRUE(world.observer.verdicts.empty());
  EXPECT_EQ(world.http.waiting(), 0u);
}

}  // namespace
}  // namespace usher::verify
