#include "lib/issuer/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lib/base/snapshot.h"
#include "lib/base/text/strings.h"
#include "tests/lib/jwks/cache_fixture.h"

namespace usher::issuer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::JwksOf;
using testing::KeyNamed;
using testing::KeysOf;

struct Unobserved final : introspect::Observer {
  void OnAnswer(const std::string&, const introspect::Answer&,
                absl::Duration) override {}
};

struct World : testing::CacheFixture {
  Deps parts() { return {CacheFixture::parts(), http, answers, unobserved}; }

  introspect::AnswerCache answers{introspect::AnswerCache::Limits()};
  Unobserved unobserved;
};

Config Named(const std::string& name) {
  Config config;
  config.name = name;
  config.issuer = "https://" + name + ".test";
  config.audiences = {"orders"};
  config.keys = jwks::JwksUrl{"https://" + name + ".test/jwks"};
  return config;
}

std::string UrlOf(const std::string& name) {
  return "https://" + name + ".test/jwks";
}

TEST(Registry, FindsAnIssuerByItsExactIdentifierOnly) {
  World world;
  const auto registry =
      Registry::Build({Named("a"), Named("b")}, nullptr, world.parts());
  ASSERT_NE(registry->Find("https://a.test"), nullptr);
  EXPECT_EQ(registry->Find("https://a.test")->config().name, "a");
  for (const char* other : {"https://a.test/", "https://A.test", "a.test", "",
                            "https://a.test ", "https://c.test"}) {
    EXPECT_EQ(registry->Find(other), nullptr) << other;
  }
}

TEST(Registry, FindsAnIssuerByTheOperatorsName) {
  World world;
  const auto registry =
      Registry::Build({Named("a"), Named("b")}, nullptr, world.parts());
  EXPECT_EQ(registry->FindNamed("b"), registry->Find("https://b.test"));
  EXPECT_EQ(registry->FindNamed("https://b.test"), nullptr);
}

TEST(Registry, FindsNothingWhenEmpty) {
  const Registry registry;
  EXPECT_EQ(registry.Find("https://a.test"), nullptr);
  EXPECT_EQ(registry.FindNamed(""), nullptr);
  EXPECT_THAT(registry.NotReady(absl::Now()), IsEmpty());
}

TEST(Registry, KeepsTheOrderOfTheConfiguration) {
  World world;
  const auto registry = Registry::Build({Named("c"), Named("a"), Named("b")},
                                        nullptr, world.parts());
  std::vector<std::string> names;
  for (const auto& issuer : registry->issuers()) {
    names.push_back(issuer->config().name);
  }
  EXPECT_THAT(names, ElementsAre("c", "a", "b"));
}

// A kid is a name within one issuer: pooling keys would let one issuer speak
// for another.
TEST(Registry, KeepsKeysOfDifferentIssuersWithOneKidApart) {
  World world;
  world.http.Answer(UrlOf("a"),
                    "{\"keys\":[" + KeyNamed("first").PublicJwk("same") + "]}");
  world.http.Answer(
      UrlOf("b"), "{\"keys\":[" + KeyNamed("second").PublicJwk("same") + "]}");
  const auto registry =
      Registry::Build({Named("a"), Named("b")}, nullptr, world.parts());
  world.http.Deliver();
  const auto of_a = registry->FindNamed("a")->keys()->Keys();
  const auto of_b = registry->FindNamed("b")->keys()->Keys();
  ASSERT_EQ(of_a->keys.keys().size(), 1u);
  ASSERT_EQ(of_b->keys.keys().size(), 1u);
  EXPECT_EQ(of_a->keys.keys()[0].kid(), "same");
  EXPECT_EQ(of_b->keys.keys()[0].kid(), "same");
  EXPECT_NE(of_a->keys.keys()[0].thumbprint(),
            of_b->keys.keys()[0].thumbprint());
}

TEST(Registry, CarriesOverUnchangedIssuersWithTheirKeys) {
  World world;
  world.http.Answer(UrlOf("a"), JwksOf({"k1"}));
  world.http.Answer(UrlOf("b"), JwksOf({"k2"}));
  auto first =
      Registry::Build({Named("a"), Named("b")}, nullptr, world.parts());
  world.http.Deliver();
  const Issuer* const a = first->FindNamed("a");
  const Issuer* const b = first->FindNamed("b");

  Config changed = Named("b");
  changed.keys = jwks::JwksUrl{UrlOf("b") + "2"};
  auto second = Registry::Build({changed, Named("a"), Named("c")}, first.get(),
                                world.parts());
  first.reset();
  EXPECT_EQ(second->FindNamed("a"), a);
  EXPECT_NE(second->FindNamed("b"), b);
  EXPECT_EQ(second->generation(), 2u);
  world.http.Deliver();
  EXPECT_EQ(world.http.count(UrlOf("a")), 1);
  EXPECT_EQ(world.http.count(UrlOf("b")), 1);
  EXPECT_EQ(world.http.count(UrlOf("b") + "2"), 1);
  EXPECT_EQ(world.http.count(UrlOf("c")), 1);
  EXPECT_TRUE(KeysOf(*a->keys()).UsableAt(world.clock.Now()));

  // The one carried over lives on: its refreshes go on.
  world.Pass(absl::Minutes(10));
  EXPECT_EQ(world.http.count(UrlOf("a")), 2);
}

// Their provider may be down just now.
TEST(Registry, CarriesOverTheKeysOfAnIssuerWhoseRulesChange) {
  World world;
  world.http.Answer(UrlOf("a"), JwksOf({"k1"}));
  auto first = Registry::Build({Named("a")}, nullptr, world.parts());
  world.http.Deliver();
  Config changed = Named("a");
  changed.audiences = {"billing"};
  changed.required = false;
  auto second = Registry::Build({changed}, first.get(), world.parts());
  const Issuer& last = *first->FindNamed("a");
  const Issuer& next = *second->FindNamed("a");
  EXPECT_NE(next.serial(), last.serial());
  EXPECT_EQ(next.keys(), last.keys());
  EXPECT_EQ(next.config(), changed);
  EXPECT_EQ(world.http.count(UrlOf("a")), 1);

  // They live on when the one they were fetched for is gone, and end with the
  // last that has them.
  const std::shared_ptr<jwks::Cache> keys = next.keys()->shared_from_this();
  first.reset();
  world.Pass(absl::Minutes(10));
  EXPECT_EQ(world.http.count(UrlOf("a")), 2);
  EXPECT_TRUE(KeysOf(*keys).UsableAt(world.clock.Now()));
  second.reset();
  world.Pass(absl::Hours(1));
  EXPECT_EQ(world.http.count(UrlOf("a")), 2);
}

// Another CA, proxy, address or limit: what those keys rested on is gone.
TEST(Registry, FetchesAgainWhenTheSourceOfTheKeysChanges) {
  World world;
  const auto changed = [](auto change) {
    Config config = Named("a");
    change(config);
    return config;
  };
  for (const Config& next :
       {changed([](Config& c) { c.keys = jwks::Discovery{}; }),
        changed([](Config& c) { c.trust.proxy = "http://proxy:1"; }),
        changed([](Config& c) { c.trust.ca_pem = "other"; }),
        changed([](Config& c) { c.key_credentials.token = "/token"; }),
        changed([](Config& c) { c.refresh.cooldown = absl::Seconds(6); }),
        changed([](Config& c) { c.name = "z"; })}) {
    const auto first = Registry::Build({Named("a")}, nullptr, world.parts());
    const auto second = Registry::Build({next}, first.get(), world.parts());
    EXPECT_NE(second->issuers()[0]->keys(), first->issuers()[0]->keys());
  }
}

// Metadata can name any host; the operator can say which ones are meant.
TEST(Registry, KeysComeOnlyFromTheHostsThatTheOperatorAllows) {
  const auto fetches = [](std::string_view jwks_uri, Config config) {
    World world;
    config.keys = jwks::Discovery{};
    const std::string metadata =
        base::StrCat("https://login.test/", config.tenants ? "acme/" : "",
                     ".well-known/openid-configuration");
    const std::string issuer =
        config.tenants ? "https://login.test/acme" : "https://login.test";
    world.http.Answer(
        metadata, base::StrCat(R"({"issuer":")", issuer, R"(","jwks_uri":")",
                               jwks_uri, R"("})"));
    world.http.Answer(std::string(jwks_uri), JwksOf({"k"}));
    const auto registry = Registry::Build({config}, nullptr, world.parts());
    const Issuer& built = *registry->issuers().front();
    if (built.tenants()) {
      EXPECT_NE(built.tenants()->FindOrAdd("acme"), nullptr);
    }
    world.http.Deliver();
    return world.http.count(std::string(jwks_uri));
  };
  Config config = Named("a");
  config.issuer = "https://login.test";
  EXPECT_EQ(fetches("https://keys.test/k", config), 1) << "no list: any host";
  config.trust.allowed_hosts = {{"keys.test", "cdn.test:8443"}};
  Config tenants = config;
  tenants.issuer = "https://login.test/{tenant}";
  tenants.tenants.emplace().allow.emplace() = {"acme"};
  for (const Config& limited : {config, tenants}) {
    EXPECT_EQ(fetches("https://login.test/k", limited), 1);
    EXPECT_EQ(fetches("https://keys.test/k", limited), 1);
    EXPECT_EQ(fetches("https://cdn.test:8443/k", limited), 1);
    for (const char* other :
         {"https://keys.test:8443/k", "https://cdn.test/k",
          "https://evil.test/k", "https://keys.test.evil.test/k",
          "http://keys.test/k"}) {
      EXPECT_EQ(fetches(other, limited), 0) << other;
    }
  }
  tenants.trust.allowed_hosts.reset();
  EXPECT_EQ(fetches("https://keys.test/k", tenants), 0)
      << "a template never leaves its host by itself";
}

Config Asked(const std::string& name) {
  Config config = Named(name);
  Introspection& introspection = config.introspection.emplace();
  introspection.client.client_id = "usher";
  return config;
}

TEST(Registry, FindsTheOneIssuerOfAnOpaqueToken) {
  World world;
  Config a = Asked("a"), b = Asked("b");
  a.introspection->prefix = "ory_at_";
  b.introspection->is_default = true;
  const auto registry =
      Registry::Build({a, b, Asked("c"), Named("d")}, nullptr, world.parts());
  EXPECT_EQ(registry->FindForOpaque("ory_at_x"), registry->FindNamed("a"));
  EXPECT_EQ(registry->FindForOpaque("x"), registry->FindNamed("b"));
  EXPECT_EQ(registry->FindNamed("d")->introspector(), nullptr);
  EXPECT_EQ(Registry().FindForOpaque("x"), nullptr);
}

// Which hosts metadata may name is no limit for an address that the operator
// writes.
TEST(Registry, AConfiguredEndpointIsAskedWhateverHostsMetadataMayName) {
  World world;
  Config config = Asked("a");
  config.trust.allowed_hosts = {{"keys.test"}};
  const auto trust = [&] {
    const auto registry = Registry::Build({config}, nullptr, world.parts());
    return registry->FindNamed("a")->introspector()->settings().trust;
  };
  EXPECT_THAT(*trust().allowed_hosts, ::testing::Contains("keys.test:443"));
  config.introspection->endpoint = "https://admin.test/introspect";
  EXPECT_EQ(trust().allowed_hosts, std::nullopt);
}

// Two generations of one issuer share no answer.
TEST(Registry, AChangedIssuerIsAskedAgain) {
  World world;
  const Config before = Asked("a");
  Config after = before;
  after.policy.max_lifetime = absl::Hours(1);
  const auto first = Registry::Build({before}, nullptr, world.parts());
  const auto same = Registry::Build({before}, first.get(), world.parts());
  const auto changed = Registry::Build({after}, same.get(), world.parts());
  const auto id = [](const Registry& registry) {
    return registry.FindNamed("a")->introspector()->settings().issuer_id;
  };
  EXPECT_EQ(id(*first), id(*same));
  EXPECT_NE(id(*first), id(*changed));
}

TEST(Registry, CanIgnoreIssuersThatHaveNeverHadKeys) {
  World world;
  world.http.Answer(UrlOf("b"), JwksOf({"k"}));
  const auto registry =
      Registry::Build({Named("a"), Named("b")}, nullptr, world.parts());
  EXPECT_THAT(registry->NotReady(world.clock.Now(), NewIssuers::kIgnore),
              IsEmpty());
  world.http.Deliver();
  world.clock.Advance(absl::Hours(5));
  EXPECT_THAT(registry->NotReady(world.clock.Now(), NewIssuers::kIgnore),
              ElementsAre("b"));
}

TEST(Registry, StopsTheKeyCachesThatAreNotCarriedOver) {
  World world;
  world.http.Answer(UrlOf("a"), JwksOf({"k1"}));
  auto first = Registry::Build({Named("a")}, nullptr, world.parts());
  testing::Ends ends;
  first->FindNamed("a")->keys()->AwaitKey({}, absl::InfiniteFuture(),
                                          ends.One());
  const auto second = Registry::Build({Named("b")}, first.get(), world.parts());
  first.reset();
  EXPECT_THAT(ends.list, ElementsAre(jwks::Cache::Outcome::kUndecided));
  world.http.Deliver();
  world.Pass(absl::Minutes(30));
  EXPECT_EQ(world.http.count(UrlOf("a")), 1);
}

TEST(Registry, NamesRequiredIssuersWithoutUsableKeys) {
  World world;
  Config optional = Named("c");
  optional.required = false;
  world.http.Answer(UrlOf("b"), JwksOf({"k"}));
  const auto registry = Registry::Build({Named("a"), Named("b"), optional},
                                        nullptr, world.parts());
  EXPECT_THAT(registry->NotReady(world.clock.Now()), ElementsAre("a", "b"));
  world.http.Deliver();
  EXPECT_THAT(registry->NotReady(world.clock.Now()), ElementsAre("a"));
  world.http.Answer(UrlOf("a"), JwksOf({"k"}));
  world.Pass(absl::Seconds(3));
  EXPECT_THAT(registry->NotReady(world.clock.Now()), IsEmpty());
  world.clock.Advance(absl::Hours(5));
  EXPECT_THAT(registry->NotReady(world.clock.Now()), ElementsAre("a", "b"));
}

TEST(Registry, SpreadsTheFirstFetchesOfTenThousandIssuers) {
  constexpr int kIssuers = 10'000;
  World world;
  std::vector<Config> configs;
  for (int i = 0; i < kIssuers; ++i) {
    configs.push_back(Named(base::StrCat("issuer-", i)));
  }
  const std::vector<Config> again = configs;
  auto first = Registry::Build(std::move(configs), nullptr, world.parts());
  EXPECT_EQ(first->issuers().size(), static_cast<size_t>(kIssuers));
  EXPECT_EQ(world.http.waiting(), 64u);
  world.scheduler.Advance(absl::Seconds(1));
  EXPECT_EQ(world.http.waiting(), 64u + 200u);
  world.scheduler.Advance(absl::Seconds(49));
  EXPECT_EQ(world.http.waiting(), static_cast<size_t>(kIssuers));

  auto second = Registry::Build(again, first.get(), world.parts());
  EXPECT_EQ(second->Find("https://issuer-9999.test"),
            first->Find("https://issuer-9999.test"));
  EXPECT_EQ(world.http.waiting(), static_cast<size_t>(kIssuers));
}

TEST(Registry, DoesNotDelayFetchesForIssuersWithLocalKeys) {
  World world;
  std::vector<Config> configs;
  for (int i = 0; i < 1000; ++i) {
    configs.push_back(Named(base::StrCat("tenant-", i)));
    configs.back().keys = jwks::InlineKeys{JwksOf({"k"})};
  }
  configs.push_back(Named("live"));
  const auto registry =
      Registry::Build(std::move(configs), nullptr, world.parts());
  EXPECT_EQ(world.http.waiting(), 1u);
}

// For ThreadSanitizer above all.
TEST(Registry, CanBeReadWhileReloadsReplaceIt) {
  World world;
  world.http.Answer(UrlOf("a"), JwksOf({"k"}));
  {
    base::Snapshot<Registry> registries(
        Registry::Build({Named("a"), Named("b")}, nullptr, world.parts()));
    world.http.Deliver();
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        while (!done) {
          const auto registry = registries.Read();
          const Issuer* a = registry->Find("https://a.test");
          EXPECT_NE(a, nullptr);
          EXPECT_EQ(KeysOf(*a->keys()).keys.keys().size(), 1u);
          const Issuer* b = registry->Find("https://b.test");
          EXPECT_NE(b, nullptr);
          EXPECT_EQ(b->config().audiences.size(), 1u);
        }
      });
    }
    for (int i = 0; i < 200; ++i) {
      Config b = Named("b");
      b.audiences = {base::StrCat("audience-", i)};
      std::unique_ptr<const Registry> next;
      {
        const auto last = registries.Read();
        next = Registry::Build({Named("a"), b}, last.get(), world.parts());
      }
      registries.Publish(std::move(next));
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(base::Reclaim(), 0u);
  }
  EXPECT_EQ(world.http.count(UrlOf("a")), 1);
}

// Its tokens will be opaque, so it has nothing to fetch and nothing to wait
// for.
TEST(Registry, AnIssuerWithoutKeysIsReady) {
  World world;
  Config config = Named("a");
  config.keys.reset();
  const auto first = Registry::Build({config}, nullptr, world.parts());
  EXPECT_EQ(first->FindNamed("a")->keys(), nullptr);
  EXPECT_TRUE(first->FindNamed("a")->IsReady(world.clock.Now()));
  EXPECT_TRUE(first->NotReady(world.clock.Now()).empty());

  // It may get keys, and lose them again.
  const auto second = Registry::Build({Named("a")}, first.get(), world.parts());
  EXPECT_NE(second->FindNamed("a")->keys(), nullptr);
  EXPECT_FALSE(second->FindNamed("a")->IsReady(world.clock.Now()));
  config.audiences = {"billing"};
  const auto third = Registry::Build({config}, second.get(), world.parts());
  EXPECT_EQ(third->FindNamed("a")->keys(), nullptr);
}

}  // namespace
}  // namespace usher::issuer
