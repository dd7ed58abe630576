#include "lib/verify/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using ::testing::HasSubstr;
using testing::TestIssuer;

issuer::Config InlineIssuer(const TestIssuer& provider, std::string name) {
  issuer::Config config;
  config.name = std::move(name);
  config.issuer = provider.issuer();
  config.audiences = {"orders"};
  config.keys = jwks::InlineKeys{provider.Jwks()};
  return config;
}

bool IsVerified(const Verifier::Outcome& outcome) {
  const auto* decision = std::get_if<Decision>(&outcome);
  return decision != nullptr && decision->verdict.ok();
}

// An HTTP client that answers nothing before it is destroyed.
class SilentHttp final : public http::Client {
 public:
  ~SilentHttp() override {
    for (Done& done : waiting_) done(absl::CancelledError("destroyed"));
  }
  void Fetch(http::Request, Done done) override {
    waiting_.push_back(std::move(done));
  }

 private:
  std::vector<Done> waiting_;
};

TEST(Engine, VerifiesTokensWithoutAnyOtherPart) {
  const base::SystemClock clock;
  TestIssuer provider(clock);
  auto engine = Engine::Create({InlineIssuer(provider, "corp")}, {});
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_TRUE(IsVerified((*engine)->Decide(provider.Mint(), {})));
  EXPECT_EQ((*engine)->token_cache().counts().entries, 1u);
}

TEST(Engine, ListsEveryErrorOfItsIssuers) {
  const base::SystemClock clock;
  issuer::Config config = InlineIssuer(TestIssuer(clock), "Bad Name");
  config.audiences.clear();
  const auto engine = Engine::Create({config, config}, {});
  ASSERT_EQ(engine.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(base::Std(engine.status().message()));
  EXPECT_THAT(message, HasSubstr("issuers[0].name: "));
  EXPECT_THAT(message, HasSubstr("\nissuers[0].audiences: must not be empty"));
  EXPECT_THAT(message, HasSubstr("\nissuers[1].issuer: is the same"));
}

TEST(Engine, ReloadCarriesUnchangedIssuersOver) {
  VerifierFixture world;
  TestIssuer same(world.clock),
      changed(world.clock, {.issuer = "https://changed.test"});
  world.Add(same, "same");
  world.Add(changed, "changed");
  world.Apply();
  const auto before = world.engine.issuers();
  world.configs[1].audiences = {"billing"};
  world.Apply();
  const auto after = world.engine.issuers();
  EXPECT_EQ(after->FindNamed("same"), before->FindNamed("same"));
  EXPECT_NE(after->FindNamed("changed"), before->FindNamed("changed"));
  EXPECT_EQ(world.http.count(same.jwks_uri()), 1);
  EXPECT_EQ(world.http.count(changed.jwks_uri()), 1);
  EXPECT_EQ(after->generation(), before->generation() + 1);
}

TEST(Engine, AVerifierKeepsTheIssuersItWasMadeFor) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const Verifier began = world.engine.verifier();
  world.configs[0].audiences = {"billing"};
  world.Apply();
  EXPECT_TRUE(IsVerified(began.Decide(provider.Mint(), {})));
  EXPECT_FALSE(IsVerified(world.Decide(provider.Mint())));
}

TEST(Engine, ADroppedPendingVerificationFetchesAndCallsNothing) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  {
    auto outcome = world.Decide(provider.Mint());
    auto& pending = std::get<Pending>(outcome);
    EXPECT_EQ(pending.issuer_name(), "corp");
    Pending moved = std::move(pending);
    EXPECT_EQ(moved.issuer_name(), "corp");
  }
  EXPECT_EQ(world.http.waiting(), 0u);
  EXPECT_TRUE(world.observer.verdicts.empty());
}

TEST(Engine, APendingVerificationSurvivesAReload) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  world.Publish(provider);
  int answers = 0;
  world.Verify(provider.Mint(), [&](const Decision& decision) {
    ++answers;
    EXPECT_TRUE(decision.verdict.ok());
    EXPECT_EQ(decision.source, VerdictSource::kNetwork);
  });
  world.configs[0].audiences = {"billing"};
  world.engine.Reload(world.configs);
  world.http.Deliver();
  EXPECT_EQ(answers, 1);
}

// With threads of its own, as in production.
TEST(Engine, ItsDestructorEndsPendingVerifications) {
  const base::SystemClock clock;
  TestIssuer provider(clock);
  issuer::Config config = InlineIssuer(provider, "corp");
  config.keys = jwks::JwksUrl{provider.jwks_uri()};
  std::atomic<int> undecided = 0;
  const auto count = [&](const Decision& decision) {
    if (!decision.verdict &&
        decision.verdict.refusal().reason == Reason::kKeysUnavailable) {
      ++undecided;
    }
  };
  {
    Engine engine({config}, {std::make_unique<SilentHttp>(), nullptr}, {});
    const auto resume = [&] {
      auto outcome = engine.Decide(provider.Mint(), {});
      std::move(std::get<Pending>(outcome))
          .Resume(absl::InfiniteFuture(), count);
    };
    resume();
    // A verification by issuers that were replaced meanwhile ends too.
    config.trust.insecure_allow_private_addresses = true;
    engine.Reload({config});
    resume();
  }
  EXPECT_EQ(undecided, 2);
}

TEST(Engine, TwoEnginesInOneProcessShareNothing) {
  const base::SystemClock clock;
  TestIssuer here(clock), there(clock, {.issuer = "https://other.test"});
  auto first = Engine::Create({InlineIssuer(here, "same")}, {});
  auto second = Engine::Create({InlineIssuer(there, "same")}, {});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(IsVerified((*first)->Decide(here.Mint(), {})));
  EXPECT_FALSE(IsVerified((*second)->Decide(here.Mint(), {})));
  EXPECT_EQ((*second)->token_cache().counts().entries, 0u);
  first->reset();
  EXPECT_TRUE(IsVerified((*second)->Decide(there.Mint(), {})));
}

TEST(Engine, ReloadsWhileOtherThreadsVerify) {
  const base::SystemClock clock;
  TestIssuer provider(clock);
  issuer::Config config = InlineIssuer(provider, "corp");
  std::atomic<int> wrong = 0;
  {
    auto engine = Engine::Create({config}, {});
    ASSERT_TRUE(engine.ok());
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        const std::string token = provider.Mint();
        while (!stop) {
          if (!IsVerified((*engine)->Decide(token, {}))) ++wrong;
        }
      });
    }
    for (int i = 0; i < 50; ++i) {
      config.policy.max_age = absl::Hours(1 + i);
      (*engine)->Reload({config});
    }
    stop = true;
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace usher::verify
