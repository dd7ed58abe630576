#include "server/monitor/status_page/issuer_list.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/server/monitor/status_page/page_fixture.h"

namespace usher::status_page {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Many {
  explicit Many(size_t count,
                const std::function<void(issuer::Config&)>& change = {}) {
    std::vector<issuer::Config> configs;
    for (size_t i = 0; i < count; ++i) {
      issuer::Config config;
      config.name = "tenant-" + std::to_string(i);
      config.issuer = "https://" + config.name + ".Example.com";
      config.audiences = {"orders"};
      config.keys = jwks::InlineKeys{issuer.Jwks()};
      // Every hundredth has no keys yet.
      if (i % 100 == 99) config.keys = jwks::JwksUrl{issuer.jwks_uri()};
      if (change) change(config);
      configs.push_back(std::move(config));
    }
    registry =
        issuer::Registry::Build(std::move(configs), nullptr,
                                {{http, scheduler, executor, clock, counters},
                                 http,
                                 answers,
                                 counters});
  }
  std::string List(IssuerFilter filter) {
    return ListIssuers(*registry, filter, clock.Now());
  }
  std::vector<std::string> Names(IssuerFilter filter) {
    json::Reader reader;
    const auto root = reader.Parse(List(filter));
    std::vector<std::string> names;
    root->Find("list")->ForEachElement([&](json::Value row) {
      names.emplace_back(*row.Find("name")->String());
      return true;
    });
    return names;
  }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  testing::FakeHttp http;
  base::InlineExecutor executor;
  introspect::AnswerCache answers{introspect::AnswerCache::Limits()};
  testing::TestIssuer issuer{clock};
  server::Counters counters{std::vector<std::string>{}};
  std::unique_ptr<const issuer::Registry> registry;
};

TEST(IssuerList, ShowsOnePageWithTheWorstFirst) {
  Many many(300);
  EXPECT_THAT(many.Names({.limit = 5}),
              ElementsAre("tenant-99", "tenant-199", "tenant-299", "tenant-0",
                          "tenant-1"));
  EXPECT_THAT(
      many.List({.limit = 5}),
      StartsWith(R"({"total":300,"down":3,"stale":0,"failing":0,)"
                 R"("ready":297,"matching":300,"offset":0,"limit":5,)"));
  EXPECT_THAT(many.Names({.offset = 5, .limit = 2}),
              ElementsAre("tenant-2", "tenant-3"));
}

TEST(IssuerList, FindsByNameAndIdentifierIgnoringCase) {
  Many many(300);
  EXPECT_THAT(
      many.Names({.text = "TENANT-29"}),
      ElementsAre("tenant-299", "tenant-29", "tenant-290", "tenant-291",
                  "tenant-292", "tenant-293", "tenant-294", "tenant-295",
                  "tenant-296", "tenant-297", "tenant-298"));
  EXPECT_THAT(many.Names({.text = "-7.example"}), ElementsAre("tenant-7"));
  EXPECT_THAT(many.Names({.only_troubled = true}),
              ElementsAre("tenant-99", "tenant-199", "tenant-299"));
  EXPECT_THAT(many.Names({.text = "absent"}), ElementsAre());
}

TEST(IssuerList, SaysAboutWhichTokensAnIssuerIsAsked) {
  Many many(1, [](issuer::Config& config) {
    auto& introspection = config.introspection.emplace();
    introspection.endpoint = "https://tenant-0.test/introspect";
    introspection.prefix = "ory_at_";
    introspection.always = true;
  });
  EXPECT_THAT(
      many.List({}),
      HasSubstr(R"("introspection":"https://tenant-0.test/introspect: opaque )"
                R"(tokens that begin with ory_at_; its JWTs")"));
  EXPECT_THAT(Many(1).List({}), ::testing::Not(HasSubstr("introspection")));
}

TEST(IssuerList, KeepsPagesWithinTheirBounds) {
  Many many(60);
  EXPECT_EQ(many.Names({.limit = 1'000'000}).size(), kMostIssuers);
  EXPECT_EQ(many.Names({.limit = 0}).size(), 1u);
  EXPECT_THAT(many.List({.offset = 1'000'000, .limit = 25}),
              HasSubstr(R"("offset":50,"limit":25)"));
  EXPECT_THAT(Many(0).List({.offset = 9}),
              StartsWith(R"({"total":0,"down":0,)"));
}

// In bytes, over a socket.

}  // namespace
}  // namespace usher::status_page
