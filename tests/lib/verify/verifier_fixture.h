// A verification engine whose time, network and issuers the test controls.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/executor.h"
#include "lib/verify/engine.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace usher::verify {

struct Observed {
  std::string issuer_name;
  std::optional<Reason> reason;
  VerdictSource source;
  bool stale_keys;
};

class RecordingObserver final : public Observer {
 public:
  void OnVerdict(std::string_view issuer_name, std::optional<Reason> reason,
                 VerdictSource source, bool stale_keys,
                 absl::Duration) override {
    verdicts.push_back({std::string(issuer_name), reason, source, stale_keys});
  }
  std::vector<Observed> verdicts;
};

class VerifierFixture {
 public:
  using TestIssuer = testing::TestIssuer;

  // With so many processors the budget has no end while time stands still.
  static constexpr double kProcessors = 1e6;

  explicit VerifierFixture(double processors = kProcessors)
      : VerifierFixture(std::make_unique<testing::FakeHttp>(), processors) {}

  // Issuers may be added, removed and changed, then Apply()ed.
  issuer::Config& Add(const TestIssuer& provider, std::string name = "corp") {
    issuer::Config config;
    config.name = std::move(name);
    config.issuer = provider.issuer();
    config.audiences = {"orders"};
    config.keys = jwks::JwksUrl{provider.jwks_uri()};
    configs.push_back(std::move(config));
    Publish(provider);
    return configs.back();
  }
  // What the provider's key set address answers from now on.
  void Publish(const TestIssuer& provider) {
    http.Answer(provider.jwks_uri(), provider.Jwks());
  }
  void Apply() {
    engine.Reload(configs);
    http.Deliver();
    scheduler.RunDue();
    http.Deliver();
  }

  Verifier::Outcome Decide(std::string_view token,
                           const Requirements& wanted = {}) {
    return engine.Decide(token, wanted);
  }
  // Spends the fetches that tokens may cause at once, so that memory decides.
  void SpendFetches(TestIssuer& provider) {
    for (int i = 0; i < jwks::FetchBudget::kBurst; ++i) {
      Verify(provider.Mint({.header = R"({"kid":"made-up"})"}),
             [](Decision) {});
      http.Deliver();
    }
  }
  // The verdict where memory decides; else absent.
  std::optional<Verdict> VerdictOf(std::string_view token,
                                   const Requirements& wanted = {}) {
    auto outcome = Decide(token, wanted);
    auto* decision = std::get_if<Decision>(&outcome);
    if (!decision) return std::nullopt;
    return std::move(decision->verdict);
  }
  // Decides, and resumes where only a fetch can tell. `done` is called inline
  // or by http.Deliver() or scheduler.Advance().
  void Verify(std::string_view token, absl::AnyInvocable<void(Decision)> done) {
    auto outcome = Decide(token);
    if (auto* decision = std::get_if<Decision>(&outcome)) {
      return done(std::move(*decision));
    }
    std::move(std::get<Pending>(outcome))
        .Resume(absl::InfiniteFuture(), std::move(done));
  }
  Verifier::Explained Explain(std::string_view token,
                              const Requirements& wanted = {}) {
    return std::get<Verifier::Explained>(engine.Explain(token, wanted));
  }
  // The verdict's reason; absent for a verified token.
  std::optional<Reason> ReasonOf(std::string_view token,
                                 const Requirements& wanted = {}) {
    const auto verdict = VerdictOf(token, wanted);
    EXPECT_TRUE(verdict) << "memory does not decide";
    if (!verdict || verdict->ok()) return std::nullopt;
    return verdict->refusal().reason;
  }

 private:
  VerifierFixture(std::unique_ptr<testing::FakeHttp> owned, double processors)
      : budget(processors),
        http(*owned),
        engine({}, {std::move(owned), nullptr},
               {.budget = &budget,
                .observer = &observer,
                .clock = &clock,
                .scheduler = &scheduler,
                .executor = &executor}) {}

 public:
  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  base::InlineExecutor executor;
  RecordingObserver observer;
  SignatureBudget budget;
  testing::FakeHttp& http;  // the engine's
  std::vector<issuer::Config> configs;
  Engine engine;
};

}  // namespace usher::verify
