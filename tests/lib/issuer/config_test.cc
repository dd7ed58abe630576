#include "lib/issuer/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lib/base/names.h"
#include "lib/base/text/strings.h"

namespace usher::issuer {
namespace {

using ::testing::Contains;
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

TEST(ValidationErrors, AnyTextIsAnIssuerWhoseKeysAreElsewhere) {
  for (const char* issuer :
       {"urn:example:issuer", "accounts.example.com",
        "kubernetes/serviceaccount", "http://keycloak.sso.svc:8080/realms/dev",
        "https://login.example.com/?a=b#c", "Corp Login", "büro"}) {
    for (const jwks::Source& keys :
         {jwks::Source(jwks::JwksUrl{"https://login.example.com/jwks"}),
          jwks::Source(jwks::JwksFile{"jwks.json"})}) {
      EXPECT_THAT(ErrorsWith([&](Config& c) {
                    c.issuer = issuer;
                    c.keys = keys;
                  }),
                  IsEmpty())
          << issuer;
    }
  }
}

TEST(ValidationErrors, WhatAPersonCannotSeeInAnIdentifierIsAMistake) {
  for (const char* text : {" a", "a ", "a\tb", "a\n", " ", "\x7f"}) {
    const auto errors = ErrorsWith([&](Config& c) {
      c.issuer = text;
      c.keys = jwks::JwksFile{"jwks.json"};
      c.aliases = {text + std::string(" ")};
      c.audiences = {text};
    });
    EXPECT_THAT(errors, Contains(StartsWith("issuers[1].issuer: "))) << text;
    EXPECT_THAT(errors, Contains(StartsWith("issuers[1].issuer_aliases[0]: ")));
    EXPECT_THAT(errors, Contains(StartsWith("issuers[1].audiences[0]: ")));
  }
}

TEST(ValidationErrors, PlainHttpNeedsTheSwitchThatTheMessageNames) {
  const auto errors = [](const char* url, auto change) {
    return ErrorsWith([&](Config& c) {
      c.issuer = url;
      change(c.trust);
    });
  };
  const auto nothing = [](http::FetchOptions&) {};
  const auto loopback = [](http::FetchOptions& trust) {
    trust.insecure_allow_http_loopback = true;
  };
  const auto all = [](http::FetchOptions& trust) {
    trust.insecure_allow_http = true;
  };
  for (const char* near :
       {"http://localhost:8080/realms/dev", "http://127.0.0.1:8080",
        "http://[::1]:8080", "http://sso.localhost"}) {
    EXPECT_THAT(errors(near, nothing),
                ElementsAre(HasSubstr("insecure_allow_http_loopback: true")));
    EXPECT_THAT(errors(near, loopback), IsEmpty()) << near;
    EXPECT_THAT(errors(near, all), IsEmpty()) << near;
  }
  for (const char* far : {"http://keycloak.sso.svc:8080", "http://10.0.0.1",
                          "http://localhost.example.com"}) {
    EXPECT_THAT(errors(far, loopback),
                ElementsAre(HasSubstr("insecure_allow_http: true")));
    EXPECT_THAT(errors(far, all), IsEmpty()) << far;
  }
}

TEST(ValidationErrors, AliasesAreDistinctTexts) {
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.aliases = {"login.example.com", "urn:login"};
              }),
              IsEmpty());
  EXPECT_THAT(
      ErrorsWith([](Config& c) {
        c.aliases = {"a", "a", c.issuer, "https://a/{t}"};
      }),
      ElementsAre("issuers[1].issuer_aliases[1]: is a duplicate",
                  "issuers[1].issuer_aliases[2]: is a duplicate",
                  "issuers[1].issuer_aliases[3]: must not have a placeholder"));
}

TEST(ValidationErrors, ATemplateNeedsOneRuleForItsTenants) {
  const auto errors = [](const char* issuer, auto change) {
    return ErrorsWith([&](Config& c) {
      c.issuer = issuer;
      change(c);
    });
  };
  constexpr const char* kTemplate = "https://login.example.com/{tenant}/v2.0";
  const auto allow = [](Config& c) {
    c.tenants.emplace().allow.emplace() = {"acme"};
  };
  EXPECT_THAT(errors(kTemplate, allow), IsEmpty());
  EXPECT_THAT(errors(kTemplate, [](Config&) {}),
              ElementsAre(HasSubstr("tenants must say which")));
  EXPECT_THAT(errors("https://login.example.com", allow),
              ElementsAre(HasSubstr("needs a placeholder")));
  EXPECT_THAT(errors(kTemplate, [](Config& c) { c.tenants.emplace(); }),
              ElementsAre("issuers[1].tenants: must have exactly one of allow "
                          "and pattern"));
  EXPECT_THAT(errors(kTemplate,
                     [&](Config& c) {
                       allow(c);
                       c.tenants->pattern = *pattern::Pattern::Create("a.*");
                     }),
              ElementsAre(HasSubstr("exactly one of")));
  EXPECT_THAT(
      errors(kTemplate,
             [](Config& c) { c.tenants.emplace().allow.emplace() = {"a/b"}; }),
      ElementsAre(StartsWith("issuers[1].tenants.allow: ")));
  EXPECT_THAT(errors(kTemplate,
                     [&](Config& c) {
                       allow(c);
                       c.aliases = {"a"};
                     }),
              ElementsAre(StartsWith("issuers[1].issuer_aliases: ")));
  for (const char* invalid :
       {"https://{tenant}.example.com", "https://a/x{tenant}",
        "https://a/{tenant}x", "https://a/{tenant}/{region}", "https://a/{}",
        "https://a/}tenant{", "{tenant}"}) {
    EXPECT_THAT(errors(invalid, allow),
                Contains(StartsWith("issuers[1].issuer: ")))
        << invalid;
  }
}

TEST(Doubts, AnAudienceOfSeveralWordsWasPerhapsMeantAsAList) {
  Config config = Good();
  EXPECT_THAT(Doubts(config, "issuers[0]"), IsEmpty());
  config.audiences = {"orders billing"};
  EXPECT_THAT(Doubts(config, "issuers[0]"),
              ElementsAre(HasSubstr("issuers[0].audiences[0]: has a blank")));
}

TEST(ErrorsBetween, NoTwoIssuersShareAnIdentifierOrAlias) {
  Config one = Good();
  Config other = Good();
  other.name = "other";
  other.issuer = "https://other.example.com";
  other.aliases = {"urn:other", one.issuer};
  EXPECT_THAT(ErrorsBetween({one, other}),
              ElementsAre("issuers[1].issuer_aliases[1]: is the same as that "
                          "of issuers[0]"));
  one.aliases = {"urn:other"};
  other.aliases = {"urn:other"};
  EXPECT_THAT(ErrorsBetween({one, other}),
              ElementsAre("issuers[1].issuer_aliases[0]: is the same as that "
                          "of issuers[0]"));
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

TEST(ValidationErrors, CoverTheAllowedHosts) {
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.trust.allowed_hosts = {{"keys.example.com"}};
              }),
              IsEmpty())
      << "the issuer's own host needs no entry";
  EXPECT_THAT(
      ErrorsWith([](Config& c) {
        c.trust.allowed_hosts = {{"a", "b/c"}};
      }),
      ElementsAre(StartsWith("issuers[1].keys.allowed_hosts[1]: must be")));
  EXPECT_THAT(ErrorsWith([](Config& c) {
                c.keys = jwks::JwksUrl{"https://login.example.com/jwks"};
                c.trust.allowed_hosts = {{"a"}};
              }),
              ElementsAre(StartsWith("issuers[1].keys.allowed_hosts: is only "
                                     "for discovery")));
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
              ElementsAre("issuers[1].keys: must name a source of keys, or the "
                          "issuer must have introspection"));
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
