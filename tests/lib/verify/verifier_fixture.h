// A Verifier with everything around it in the test's hands: time, the network,
// the issuers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/executor.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"
#include "lib/verify/verifier.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/test_issuer.h"

namespace usher::verify {

class QuietKeys final : public jwks::Observer {
 public:
  void OnFetch(const std::string&, jwks::Trigger, const absl::Status&,
               absl::Duration) override {}
  void OnKeysChanged(const std::string&, size_t) override {}
};

struct Told {
  std::string issuer_name;
  std::optional<Reason> reason;
  Path path;
  bool stale_keys;
};

class RecordingObserver final : public Observer {
 public:
  void OnVerdict(std::string_view issuer_name, std::optional<Reason> reason,
                 Path path, bool stale_keys, absl::Duration) override {
    told.push_back({std::string(issuer_name), reason, path, stale_keys});
  }
  std::vector<Told> told;
};

class World {
 public:
  using TestIssuer = testing::TestIssuer;

  // Whoever waits still keeps the registry, which refers to the parts below.
  ~World() {
    for (const auto& issuer : registry->issuers()) issuer->keys().Stop();
    base::Reclaim();
  }

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
    registry = issuer::Registry::Build(configs, registry.get(), parts);
    verifier.emplace(Verifier::Parts{registry, clock, observer, cache});
    http.Deliver();
    scheduler.RunDue();
    http.Deliver();
  }

  // The verdict's reason; nothing for a verified token.
  std::optional<Reason> ReasonOf(std::string_view token,
                                 const Requirements& wanted = {}) {
    const auto verdict = verifier->Decide(token, wanted);
    EXPECT_TRUE(verdict) << "memory could not tell";
    if (!verdict || verdict->ok()) return std::nullopt;
    return verdict->refusal().reason;
  }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  testing::FakeHttp http;
  base::InlineExecutor executor;
  QuietKeys quiet;
  jwks::Cache::Parts parts{http, scheduler, executor, clock, quiet};
  std::vector<issuer::Config> configs;
  std::shared_ptr<const issuer::Registry> registry =
      std::make_shared<const issuer::Registry>();
  TokenCache cache{{}};
  RecordingObserver observer;
  // By the registry of the last Apply().
  std::optional<Verifier> verifier{
      Verifier::Parts{registry, clock, observer, cache}};
};

}  // namespace usher::verify
