#include "lib/issuer/tenants.h"

#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/lib/jwks/cache_fixture.h"

namespace usher::issuer {
namespace {

using base::StrCat;
using testing::CacheFixture;
using testing::JwksOf;

std::string IssuerOf(std::string_view tenant) {
  return StrCat("https://login.test/", tenant, "/v2.0");
}
std::string MetadataOf(std::string_view tenant) {
  return IssuerOf(tenant) + "/.well-known/openid-configuration";
}

class TenantsTest : public ::testing::Test {
 protected:
  std::shared_ptr<Tenants> Make(size_t most, int burst = 100,
                                absl::Duration apart = absl::Seconds(1)) {
    return Tenants::Create(
        {.keys = {.issuer_name = "entra",
                  .issuer = "https://login.test/{tenantid}/v2.0",
                  .source = jwks::Discovery{},
                  .fetch = {.allowed_hosts = {{"login.test:443"}}},
                  .limits = {}},
         .most = most,
         .burst = burst,
         .apart = apart},
        world_.parts());
  }

  // The provider has this tenant.
  void Publish(std::string_view tenant) {
    world_.http.Answer(
        MetadataOf(tenant),
        StrCat(R"({"issuer":")", IssuerOf(tenant),
               R"(","jwks_uri":"https://login.test/)", tenant, R"(/keys"})"));
    world_.http.Answer(StrCat("https://login.test/", tenant, "/keys"),
                       JwksOf({StrCat("key-of-", tenant)}));
  }

  static bool HasKeys(const std::shared_ptr<jwks::Cache>& keys) {
    const auto served = keys->Keys();
    return served->fetched_at.has_value();
  }

  CacheFixture world_;
};

TEST_F(TenantsTest, FetchTheKeysOfATenantOnceAndKeepThem) {
  Publish("acme");
  const auto tenants = Make(10);
  EXPECT_EQ(tenants->Find("acme"), nullptr);
  EXPECT_EQ(world_.http.waiting(), 0u);
  const auto keys = tenants->FindOrAdd("acme");
  ASSERT_NE(keys, nullptr);
  world_.http.Deliver();
  EXPECT_TRUE(HasKeys(keys));
  EXPECT_EQ(tenants->Find("acme"), keys);
  EXPECT_EQ(tenants->FindOrAdd("acme"), keys);
  EXPECT_EQ(world_.http.count(MetadataOf("acme")), 1);
}

TEST_F(TenantsTest, TheOneUsedLongestAgoMakesRoom) {
  const auto tenants = Make(2);
  for (const char* name : {"a", "b"}) Publish(name);
  const auto first = tenants->FindOrAdd("a");
  tenants->FindOrAdd("b");
  tenants->Find("a");
  tenants->FindOrAdd("c");
  EXPECT_EQ(tenants->size(), 2u);
  EXPECT_EQ(tenants->Find("a"), first);
  EXPECT_EQ(tenants->Find("b"), nullptr);
  EXPECT_NE(tenants->Find("c"), nullptr);
}

TEST_F(TenantsTest, NewTenantsComeOutOfABudget) {
  const auto tenants = Make(100, /*burst=*/3, absl::Seconds(2));
  int added = 0;
  for (int i = 0; i < 10; ++i) added += !!tenants->FindOrAdd(StrCat("t", i));
  EXPECT_EQ(added, 3);
  world_.clock.Advance(absl::Seconds(4));
  for (int i = 0; i < 10; ++i) added += !!tenants->FindOrAdd(StrCat("u", i));
  EXPECT_EQ(added, 5);
  // A clock that is set back gives nothing.
  world_.clock.Advance(-absl::Hours(1));
  EXPECT_EQ(tenants->FindOrAdd("v"), nullptr);
  // A known tenant needs no budget.
  EXPECT_NE(tenants->FindOrAdd("t0"), nullptr);
}

TEST_F(TenantsTest, OneWithoutKeysIsForgottenSoon) {
  Publish("good");
  const auto tenants = Make(10);
  tenants->FindOrAdd("good");
  tenants->FindOrAdd("invented");
  world_.http.Deliver();
  world_.scheduler.Advance(Tenants::kWithoutKeys + absl::Seconds(5));
  EXPECT_EQ(tenants->size(), 1u);
  EXPECT_NE(tenants->Find("good"), nullptr);
  const int asked = world_.http.count(MetadataOf("invented"));
  for (int i = 0; i < 10; ++i) {
    world_.scheduler.Advance(absl::Minutes(1));
    world_.http.Deliver();
  }
  EXPECT_EQ(world_.http.count(MetadataOf("invented")), asked);
}

TEST_F(TenantsTest, AnIdleTenantIsForgotten) {
  Publish("acme");
  const auto tenants = Make(10);
  tenants->FindOrAdd("acme");
  world_.http.Deliver();
  for (int i = 0; i < 59; ++i) {
    world_.scheduler.Advance(absl::Minutes(1));
    world_.http.Deliver();
  }
  EXPECT_EQ(tenants->size(), 1u);
  world_.scheduler.Advance(absl::Minutes(2));
  EXPECT_EQ(tenants->size(), 0u);
  // Nothing is left to do.
  world_.scheduler.Advance(absl::Minutes(1));
  EXPECT_EQ(world_.scheduler.pending(), 0u);
}

TEST_F(TenantsTest, ClearForgetsAllAndStopEndsAll) {
  Publish("acme");
  const auto tenants = Make(10);
  const auto keys = tenants->FindOrAdd("acme");
  tenants->Clear();
  EXPECT_EQ(tenants->size(), 0u);
  EXPECT_NE(tenants->FindOrAdd("acme"), keys);
  tenants->Stop();
  EXPECT_EQ(tenants->size(), 0u);
  EXPECT_EQ(tenants->FindOrAdd("acme"), nullptr);
}

TEST_F(TenantsTest, TheMetadataNamesTheTenantOrTheTemplateAndNoOtherHost) {
  const auto tenants = Make(10);
  constexpr std::string_view kKeys = "https://login.test/common/keys";
  const auto ask = [&](std::string_view tenant, std::string_view issuer,
                       std::string_view jwks_uri) {
    world_.http.Answer(MetadataOf(tenant),
                       StrCat(R"({"issuer":")", issuer, R"(","jwks_uri":")",
                              jwks_uri, R"("})"));
    world_.http.Answer(std::string(jwks_uri), JwksOf({"k"}));
    const auto keys = tenants->FindOrAdd(tenant);
    world_.http.Deliver();
    return HasKeys(keys);
  };
  EXPECT_TRUE(ask("a", IssuerOf("a"), kKeys));
  EXPECT_TRUE(ask("b", "https://login.test/{tenantid}/v2.0", kKeys));
  EXPECT_FALSE(ask("c", IssuerOf("d"), kKeys));
  EXPECT_FALSE(ask("e", "https://other.test/{tenantid}/v2.0", kKeys));
  EXPECT_FALSE(ask("f", IssuerOf("f"), "https://other.test/keys"));
  EXPECT_EQ(world_.http.count("https://other.test/keys"), 0);
  EXPECT_FALSE(ask("g", IssuerOf("g"), "http://login.test/keys"));
}

}  // namespace
}  // namespace usher::issuer
