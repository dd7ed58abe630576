#include "client/local/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::local {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

// The bindings name every field of the structs, so a new field does not compile
// until it is named here; set it from a LocalIssuer too.
TEST(ToConfig, ReachesEveryOptionOfFetching) {
  const auto config = ToConfig({.name = "corp",
                                .issuer = "https://login.example.com",
                                .audiences = {"orders"},
                                .discovery_url = "https://login.example.com/m",
                                .allowed_hosts = {{"keys.example.com"}},
                                .token_file = "/token",
                                .client_certificate = "/certificate",
                                .client_key = "/key",
                                .ca_pem = "pem",
                                .proxy = "http://proxy:3128",
                                .insecure_allow_private_addresses = true,
                                .insecure_allow_http_loopback = true,
                                .insecure_allow_http = true});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->keys,
            jwks::Source(jwks::Discovery{"https://login.example.com/m"}));
  const auto& [ca_pem, proxy, insecure_allow_private_addresses,
               insecure_allow_http_loopback, insecure_allow_http,
               allowed_hosts] = config->trust;
  const auto& [token, certificate, key] = config->key_credentials;
  EXPECT_EQ(ca_pem, "pem");
  EXPECT_EQ(proxy, "http://proxy:3128");
  EXPECT_TRUE(insecure_allow_private_addresses);
  EXPECT_TRUE(insecure_allow_http_loopback);
  EXPECT_TRUE(insecure_allow_http);
  EXPECT_THAT(allowed_hosts, Optional(ElementsAre("keys.example.com")));
  EXPECT_EQ(token, "/token");
  EXPECT_EQ(certificate, "/certificate");
  EXPECT_EQ(key, "/key");
}

TEST(ToConfig, TakesOneSourceOfKeysAtMost) {
  LocalIssuer issuer = {.discovery_url = "https://login.example.com/m",
                        .jwks = "{}"};
  EXPECT_FALSE(ToConfig(issuer).ok());
  issuer.jwks.reset();
  EXPECT_TRUE(ToConfig(issuer).ok());
}

}  // namespace
}  // namespace usher::local
