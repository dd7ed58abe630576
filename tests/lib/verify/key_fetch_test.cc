// Tokens whose key is not in memory: waiting, sharing a fetch, and giving up.
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
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
    std::optional<absl::Duration> retry_after;
  };
  std::shared_ptr<Asked> Ask(const std::string& token) {
    auto asked = std::make_shared<Asked>();
    world.Verify(token, [asked](const Decision& decision) {
      ++asked->answers;
      asked->reason.reset();
      if (!decision.verdict) {
        asked->reason = decision.verdict.refusal().reason;
        asked->retry_after = decision.verdict.refusal().retry_after;
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
  // Once the budget is spent, the answer comes from memory.
  world.SpendFetches(provider);
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeyNotFound);
}

// The provider rotates just after it has answered a fetch that a made-up kid
// caused. The next fetch follows without another token.
TEST_F(KeyFetch, ATokenNewerThanTheFetchItJoinedIsNotDenied) {
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  world.SpendFetches(provider);
  world.clock.Advance(absl::Seconds(5));
  const auto made_up = Ask(provider.Mint({.header = R"({"kid":"unknown"})"}));
  world.clock.Advance(absl::Milliseconds(400));
  provider.Rotate();  // not in the answer that is on its way
  const std::string token = provider.Mint();
  const auto asked = Ask(token);
  world.http.Deliver();
  EXPECT_EQ(made_up->reason, Reason::kKeyNotFound);
  EXPECT_EQ(asked->reason, Reason::kKeysUnavailable);
  EXPECT_EQ(asked->retry_after, absl::Milliseconds(4700));

  world.Publish(provider);
  world.scheduler.Advance(absl::Milliseconds(4600));
  world.http.Deliver();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
}

// The provider replaces its key and keeps the kid.
class SameKid : public KeyFetch {
 protected:
  SameKid() {
    world.Apply();
    world.clock.Advance(absl::Minutes(1));
    served_kid = provider.kids().front();
    provider.Rotate({.keep_old = false});
  }
  // Under the kid that the served key has.
  std::string Mint(const std::string& claims = "{}") {
    return provider.Mint(
        {.claims = claims,
         .header = base::StrCat(R"({"kid":")", served_kid, "\"}")});
  }
  void PublishSameKid() {
    std::string jwks = provider.Jwks();
    const std::string kid = provider.kids().back();
    jwks.replace(jwks.find("\"" + kid + "\""), kid.size() + 2,
                 base::StrCat("\"", served_kid, "\""));
    world.http.Answer(provider.jwks_uri(), jwks);
  }
  std::string served_kid;
};

TEST_F(SameKid, ATokenIssuedAfterTheLastFetchCausesOne) {
  PublishSameKid();
  const auto asked = Ask(Mint());
  EXPECT_EQ(asked->answers, 0);
  world.http.Deliver();
  EXPECT_EQ(asked->answers, 1);
  EXPECT_EQ(asked->reason, std::nullopt);
}

TEST_F(SameKid, IsASignatureThatIsNotValidWhenTheProviderHasNoOtherKey) {
  const std::string token = Mint();
  const auto asked = Ask(token);
  world.http.Deliver();
  EXPECT_EQ(asked->reason, Reason::kSignatureInvalid);
}

TEST_F(SameKid, AnOldTokenIsDeniedAtOnceAndTheNextOneIsVerified) {
  PublishSameKid();
  const std::string token = Mint(R"({"iat":1767225500})");
  ASSERT_EQ(absl::FromUnixSeconds(1767225500) + absl::Seconds(100),
            world.clock.Now() - absl::Minutes(1));
  EXPECT_EQ(world.ReasonOf(token), Reason::kSignatureInvalid);
  world.http.Deliver();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
}

TEST_F(SameKid, IsUndecidedOnlyWhileAFetchIsOwed) {
  world.SpendFetches(provider);
  const int before = fetches();
  world.clock.Advance(absl::Seconds(1));
  const std::string token = Mint();
  EXPECT_EQ(Ask(token)->reason, Reason::kKeysUnavailable);
  world.scheduler.Advance(absl::Seconds(4));
  world.http.Deliver();
  EXPECT_EQ(fetches(), before + 1);  // without another token
  world.clock.Advance(absl::Seconds(5));
  const auto again = Ask(token);  // iat may be some seconds early
  world.http.Deliver();
  EXPECT_EQ(again->reason, Reason::kSignatureInvalid);
  EXPECT_EQ(world.ReasonOf(token), Reason::kSignatureInvalid);
}

TEST_F(SameKid, ATokenThatWouldFailAnywayIsDeniedAtOnce) {
  const int before = fetches();
  EXPECT_EQ(world.ReasonOf(Mint(R"({"aud":"billing"})")),
            Reason::kSignatureInvalid);
  EXPECT_EQ(fetches(), before);
  EXPECT_EQ(world.http.waiting(), 0u);
}

TEST_F(SameKid, IsDeniedWhileTheProviderFails) {
  world.http.Fail(provider.jwks_uri(), absl::UnavailableError("down"));
  world.SpendFetches(provider);
  EXPECT_EQ(world.ReasonOf(Mint()), Reason::kSignatureInvalid);
}

TEST_F(SameKid, AnExplanationFetchesNothing) {
  const int before = fetches();
  const auto explained = world.Explain(Mint());
  ASSERT_FALSE(explained.verdict.ok());
  EXPECT_EQ(explained.verdict.refusal().reason, Reason::kSignatureInvalid);
  EXPECT_EQ(fetches(), before);
}

// "not found" would be wrong, and a fetch would bring the same key.
TEST_F(KeyFetch, AKeyThatCannotBeUsedIsAMismatchWithoutAFetch) {
  std::string jwks = provider.Jwks();
  jwks.insert(jwks.find('[') + 1, R"({"kty":"oct","kid":"secret","k":"AA"},)");
  world.http.Answer(provider.jwks_uri(), jwks);
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  const int before = fetches();
  const auto verdict =
      world.VerdictOf(provider.Mint({.header = R"({"kid":"secret"})"}));
  ASSERT_TRUE(verdict && !verdict->ok());
  EXPECT_EQ(verdict->refusal().reason, Reason::kKeyMismatch);
  EXPECT_EQ(verdict->refusal().message,
            "the issuer publishes the key with the token's kid, but it cannot "
            "be used: kty oct is a secret, not a public key");
  EXPECT_EQ(fetches(), before);
  EXPECT_EQ(world.http.waiting(), 0u);
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

// A provider that restarts must not switch off the caches of all clients.
TEST_F(KeyFetch, AnswersMayBeReusedWhileKeysAreStaleForLessThanFiveMinutes) {
  world.Apply();
  world.http.Fail(provider.jwks_uri(), absl::UnavailableError("down"));
  const auto cache_for = [&](absl::Duration age) {
    world.scheduler.Advance(absl::UnixEpoch() + absl::Seconds(1767225600) +
                            age - world.clock.Now());
    world.http.Deliver();
    const auto verdict = world.VerdictOf(provider.Mint());
    EXPECT_TRUE(verdict && verdict->ok());
    EXPECT_TRUE((*verdict)->stale_keys());
    return (*verdict)->cache_for();
  };
  EXPECT_EQ(cache_for(absl::Minutes(10)), absl::Seconds(30));
  EXPECT_EQ(cache_for(absl::Minutes(15) - absl::Seconds(1)), absl::Seconds(30));
  EXPECT_EQ(cache_for(absl::Minutes(15)), absl::ZeroDuration());
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
