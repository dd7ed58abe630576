#include "lib/issuer/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lib/base/names.h"
#include "lib/base/strings.h"

namespace usher::issuer {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

Config Good() {
  Config config;
  config.name = "corp";
  config.issuer = "https://login.example.com/tenant";
  config.audiences = {"orders"};
  return config;
}

std::vector<std::string> ErrorsWith(
    const std::function<void(Config&)>& change) {
  Config config = Good();
  change(config);
  return ValidationErrors(config, "issuers[1]");
}

TEST(ValidationErrors, FindNothingInAGoodConfig) {
  EXPECT_THAT(ValidationErrors(Good(), "issuers[0]"), IsEmpty());
}

TEST(ValidationErrors, AreReportedAllAtOnceEachWithItsPath) {
  const std::vector<std::string> faults = ValidationErrors(
      [] {
        Config config;
        config.algorithms = {};
        config.policy.clock_skew = absl::Minutes(6);
        return config;
      }(),
      "issuers[1]");
  EXPECT_THAT(faults,
              ElementsAre(base::StrCat("issuers[1].name: ", base::kNameRule),
                          "issuers[1].issuer: must not be empty",
                          "issuers[1].audiences: must not be empty",
                          "issuers[1].algorithms: must not be empty",
                          "issuers[1].clock_skew: must be from 0s to "
                          "5m"));
}

TEST(ValidationErrors, NamesMustFitLogsAndLabels) {
  for (const char* name : {"a", "corp-2_eu", "0"}) {
    EXPECT_THAT(ErrorsWith([&](Config& c) { c.name = name; }), IsEmpty());
  }
  for (const std::string& name :
       {std::string("Corp"), std::string("a b"), std::string("a.b"),
        std::string("a\n"), std::string("é"), std::string("a\0b", 3),
        std::string(64, 'a')}) {
    EXPECT_THAT(ErrorsWith([&](Config& c) { c.name = name; }),
                ElementsAre(StartsWith("issuers[1].name: ")))
        << name;
  }
}

TEST(ValidationErrors, IssuersMustBeHttpsWithoutQueryAndFragment) {
  for (const char* issuer :
       {"http://login.example.com", "login.example.com",
        "https://login.example.com/?tenant=1", "https://login.example.com/#a",
        "https://user@login.example.com", "https://"}) {
    const auto faults = ErrorsWith([&](Config& c) { c.issuer = issuer; });
    EXPECT_THAT(faults, Not(IsEmpty())) << issuer;
    EXPECT_THAT(faults, Each(StartsWith("issuers[1].issuer: "))) << issuer;
  }
}

TEST(ValidationErrors, AudiencesMustBePresentAndDistinct) {
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.audiences = {"a", "", "a"};
              }),
              ElementsAre("issuers[1].audiences[1]: must not be empty",
                          "issuers[1].audiences[2]: is a duplicate"));
  EXPECT_THAT(
      ErrorsWith([](Config& c) { c.audiences = {std::string(513, 'a')}; }),
      ElementsAre(StartsWith("issuers[1].audiences[0]: must not be longer")));
}

TEST(ValidationErrors, CoverEverySourceOfKeys) {
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.keys = jwks::JwksUrl{"http://login.example.com/jwks"};
              }),
              ElementsAre(StartsWith("issuers[1].keys.jwks_url: ")));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.keys = jwks::JwksFile{""}; }),
              ElementsAre("issuers[1].keys.jwks_file: must not be empty"));
  EXPECT_THAT(
      ErrorsWith([](Config& c) { c.keys = jwks::InlineKeys{"{\"keys\":[]}"}; }),
      ElementsAre(StartsWith("issuers[1].keys.jwks: ")));
}

TEST(ValidationErrors, CoverCaAndProxy) {
  EXPECT_THAT(ErrorsWith([](Config& c) { c.trust.ca_pem = "nothing"; }),
              ElementsAre("issuers[1].ca_file: contains no PEM certificate"));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.trust.proxy = "ftp://proxy"; }),
              ElementsAre(StartsWith("issuers[1].proxy: ")));
}

TEST(ValidationErrors, CoverTheBoundsOfThePolicy) {
  using absl::Seconds;
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.clock_skew = Seconds(0); }),
              IsEmpty());
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.clock_skew = Seconds(300); }),
              IsEmpty());
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.clock_skew = Seconds(301); }),
              ElementsAre("issuers[1].clock_skew: must be from 0s to 5m"));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.clock_skew = Seconds(-1); }),
              ElementsAre("issuers[1].clock_skew: must be from 0s to 5m"));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.max_lifetime = Seconds(0); }),
              ElementsAre("issuers[1].max_lifetime: must be more than 0s"));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.max_age = Seconds(0); }),
              ElementsAre("issuers[1].max_age: must be more than 0s"));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.token_types = {}; }),
              ElementsAre(StartsWith("issuers[1].token_types: ")));
  EXPECT_THAT(ErrorsWith([](Config& c) { c.policy.audience_claim = ""; }),
              ElementsAre("issuers[1].audience_claim: must not be empty"));
}

TEST(ValidationErrors, CoverTheBoundsOfTheRefreshLimits) {
  EXPECT_THAT(
      ErrorsWith([](Config& c) { c.refresh.cooldown = absl::ZeroDuration(); }),
      ElementsAre("issuers[1].refresh.cooldown: must be from 1s to "
                  "10m"));
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.refresh.stale_for = absl::InfiniteDuration();
              }),
              ElementsAre("issuers[1].refresh.stale_for: must be from 0s to "
                          "168h"));
  EXPECT_THAT(
      ErrorsWith([](Config& c) { c.refresh.min_freshness = absl::Hours(2); }),
      ElementsAre(HasSubstr("must not be above max_freshness")));
  EXPECT_THAT(
      ErrorsWith([](Config& c) { c.refresh.first_retry = absl::Minutes(1); }),
      ElementsAre(HasSubstr("must not be above last_retry")));
}

TEST(ErrorsBetween, AreDuplicateNamesAndIdentifiers) {
  Config one = Good();
  Config two = Good();
  EXPECT_THAT(
      ErrorsBetween({one, two}),
      ElementsAre("issuers[1].name: is the same as that of issuers[0]",
                  "issuers[1].issuer: is the same as that of issuers[0]"));
  two.name = "other";
  two.issuer += "/";  // byte for byte: another issuer
  EXPECT_THAT(ErrorsBetween({one, two}), IsEmpty());
}

TEST(ErrorsBetween, IgnoreMissingValues) {
  EXPECT_THAT(ErrorsBetween({Config(), Config()}), IsEmpty());
}

TEST(ValidationErrors, ASourceOfKeysIsRequired) {
  EXPECT_THAT(ErrorsWith([](Config& config) { config.keys.reset(); }),
              ElementsAre("issuers[1].keys: must name a source of keys"));
}

TEST(InsecureSettings, AreAllListed) {
  Config config = Good();
  EXPECT_THAT(InsecureSettings(config, "issuers[0]"), IsEmpty());
  config.trust.insecure_allow_private_addresses = true;
  config.policy.insecure_ignore_confirmation = true;
  EXPECT_THAT(
      InsecureSettings(config, "issuers[0]"),
      ElementsAre(StartsWith("issuers[0].insecure_allow_private_addresses: "),
                  StartsWith("issuers[0].insecure_ignore_confirmation: ")));
}

}  // namespace
}  // namespace usher::issuer
