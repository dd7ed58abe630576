// Tokens whose key is not in memory: waiting, sharing a fetch, and giving up.
#include <gtest/gtest.h>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;

class KeyFetch : public ::testing::Test {
 protected:
  KeyFetch() : provider(world.clock) { world.Add(provider); }

  // Asks and remembers what came back.
  struct Asked {
    int answers = 0;
    std::optional<Reason> reason;
  };
  std::shared_ptr<Asked> Ask(const std::string& token) {
    auto asked = std::make_shared<Asked>();
    world.Verify(token, [asked](const Decision& decision) {
      ++asked->answers;
      asked->reason.reset();
      if (!decision.verdict) {
        asked->reason = decision.verdict.refusal().reason;
      }
    });
    return asked;
  }
  int fetches() { return world.http.count(provider.jwks_uri()); }

  VerifierFixture world;
  TestIssuer provider;
};

TEST_F(KeyFetch, ARotationIsFollowedWithoutRestart) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  world.Publish(provider);
  const std::string token = provider.Mint();
  EXPECT_FALSE(world.VerdictOf(token));
  const auto asked = Ask(token);
  EXPECT_EQ(asked->answers, 0);
  world.http.Deliver();
  EXPECT_EQ(asked->answers, 1);
  EXPECT_EQ(asked->reason, std::nullopt);
  EXPECT_EQ(world.observer.verdicts.back().source, VerdictSource::kNetwork);
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
}

TEST_F(KeyFetch, AllWaitingVerificationsShareOneFetch) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  world.Publish(provider);
  const int before = fetches();
  std::vector<std::shared_ptr<Asked>> all;
  for (int i = 0; i < 100; ++i) all.push_back(Ask(provider.Mint()));
  world.http.Deliver();
  EXPECT_EQ(fetches(), before + 1);
  for (const auto& asked : all) {
    EXPECT_EQ(asked->answers, 1);
    EXPECT_EQ(asked->reason, std::nullopt);
  }
}

TEST_F(KeyFetch, AKidUnknownToTheProviderIsDeniedAfterOneFetch) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  const std::string token = provider.Mint({.header = R"({"kid":"unknown"})"});
  const auto asked = Ask(token);
  world.http.Deliver();
  EXPECT_EQ(asked->reason, Reason::kKeyNotFound);
  // Within the cooldown the answer comes from memory.
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeyNotFound);
}

// The provider rotates just after it has answered a fetch that a made-up kid
// caused.
TEST_F(KeyFetch, ATokenNewerThanTheFetchItJoinedIsNotDenied) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  const auto made_up = Ask(provider.Mint({.header = R"({"kid":"unknown"})"}));
  world.clock.Advance(absl::Milliseconds(400));
  provider.Rotate();  // not in the answer that is on its way
  const std::string token = provider.Mint();
  const auto asked = Ask(token);
  world.http.Deliver();
  EXPECT_EQ(made_up->reason, Reason::kKeyNotFound);
  EXPECT_EQ(asked->reason, Reason::kKeysUnavailable);
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeysUnavailable);

  world.Publish(provider);
  world.clock.Advance(absl::Seconds(30));
  const auto again = Ask(token);
  world.http.Deliver();
  EXPECT_EQ(again->reason, std::nullopt);
}

TEST_F(KeyFetch, ATokenThatWouldFailAnywayIsNotWorthAFetch) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  const int before = fetches();
  for (const char* claims :
       {R"({"exp":1,"iat":0})", R"({"aud":"billing"})", R"({"nonce":"n"})",
        R"({"cnf":{}})", R"({"exp":"x"})"}) {
    EXPECT_EQ(world.ReasonOf(provider.Mint(
                  {.claims = claims, .header = R"({"kid":"unknown"})"})),
              Reason::kKeyNotFound)
        << claims;
  }
  EXPECT_EQ(fetches(), before);
  EXPECT_EQ(world.http.waiting(), 0u);
}

TEST_F(KeyFetch, WithoutAnyKeysNothingIsDecided) {
  world.http.Fail(provider.jwks_uri(), absl::UnavailableError("down"));
  world.Apply();
  const std::string token = provider.Mint();
  const auto asked = Ask(token);
  world.http.Deliver();
  world.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(asked->answers, 1);
  EXPECT_EQ(asked->reason, Reason::kKeysUnavailable);
  // Nor is an expired token denied: its exp is unverified.
  const auto expired = Ask(provider.Mint({.claims = R"({"exp":1,"iat":0})"}));
  EXPECT_EQ(expired->reason, Reason::kKeysUnavailable);
}

TEST_F(KeyFetch, AWaitEndsEvenIfTheProviderHangs) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  const auto asked = Ask(provider.Mint());
  EXPECT_EQ(asked->answers, 0);
  world.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(asked->answers, 1);
  EXPECT_EQ(asked->reason, Reason::kKeysUnavailable);
  // The late answer calls nothing.
  world.Publish(provider);
  world.http.Deliver();
  EXPECT_EQ(asked->answers, 1);
}

TEST_F(KeyFetch, FetchedKeysServeThroughAnOutage) {
  world.Apply();
  world.http.Fail(provider.jwks_uri(), absl::UnavailableError("down"));
  for (int i = 0; i < 180; ++i) {
    world.scheduler.Advance(absl::Minutes(1));
    world.http.Deliver();
  }
  const auto verdict = world.VerdictOf(provider.Mint());
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_TRUE((*verdict)->stale_keys());
  EXPECT_EQ((*verdict)->cache_for(), absl::ZeroDuration());
  for (int i = 0; i < 80; ++i) {
    world.scheduler.Advance(absl::Minutes(1));
    world.http.Deliver();
  }
  const auto asked = Ask(provider.Mint());
  world.http.Deliver();
  world.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(asked->reason, Reason::kKeysUnavailable);
}

}  // namespace
}  // namespace usher::verify
