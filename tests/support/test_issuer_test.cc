#include "tests/support/test_issuer.h"

#include <optional>
#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"
#include "tests/support/fake_clock.h"

namespace usher::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The claims of `token` if a published key of `issuer` signed it.
std::optional<std::string> Opened(const TestIssuer& issuer,
                                  const std::string& token) {
  auto keys = jose::KeySet::FromJwks(issuer.Jwks());
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  if (!keys.ok() || !jws.ok()) return std::nullopt;
  for (const jose::Key& key : keys->keys()) {
    if (key.kid() != jws->kid()) continue;
    auto payload = jws->Verify(key, jose::DefaultAlgs());
    if (payload.ok()) return std::string(payload->text());
  }
  return std::nullopt;
}

TEST(TestIssuer, MintsATokenThatItsPublishedKeysVerify) {
  FakeClock clock;
  TestIssuer issuer(clock);
  EXPECT_EQ(Opened(issuer, issuer.Mint()),
            R"({"iss":"https://issuer.test","sub":"alice","aud":"orders",)"
            R"("client_id":"test-client","iat":1767225600,"exp":1767225900,)"
            R"("jti":"token-1"})");
}

TEST(TestIssuer, MergesClaimsAndRemovesThem) {
  FakeClock clock;
  TestIssuer issuer(clock);
  const std::string token =
      issuer.Mint({.claims = R"({"aud":["a","b"],"scope":"read"})",
                   .remove = {"iat", "exp", "jti", "client_id"}});
  EXPECT_EQ(Opened(issuer, token),
            R"({"iss":"https://issuer.test","sub":"alice","aud":["a","b"],)"
            R"("scope":"read"})");
}

TEST(TestIssuer, ChangesTheHeader) {
  FakeClock clock;
  TestIssuer issuer(clock);
  const std::string token = issuer.Mint(
      {.header = R"({"x":1})", .remove_header = {"kid"}, .typ = "JWT"});
  auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->typ(), "JWT");
  EXPECT_EQ(jws->kid(), std::nullopt);
}

TEST(TestIssuer, SignsWithTheNewestKeyByDefault) {
  FakeClock clock;
  TestIssuer issuer(clock, {.algs = {jose::Alg::kEs256, jose::Alg::kEd25519}});
  EXPECT_THAT(issuer.kids(), ElementsAre("key-1", "key-2"));
  const auto kid_of = [](const std::string& token) {
    auto jws = jose::Jws::Parse(token, jose::JwsScratch::ThisThread());
    return std::string(*jws->kid());
  };
  EXPECT_EQ(kid_of(issuer.Mint()), "key-2");
  EXPECT_EQ(kid_of(issuer.Mint({.kid = "key-1"})), "key-1");
  EXPECT_EQ(kid_of(issuer.Mint({.alg = jose::Alg::kEs256})), "key-1");
  EXPECT_TRUE(Opened(issuer, issuer.Mint({.kid = "key-1"})));
  EXPECT_TRUE(Opened(issuer, issuer.Mint()));
}

TEST(TestIssuer, RotatesWithAndWithoutTheOldKey) {
  FakeClock clock;
  TestIssuer issuer(clock);
  const std::string before = issuer.Mint();
  EXPECT_EQ(issuer.Rotate(), "key-2");
  EXPECT_TRUE(Opened(issuer, before));
  EXPECT_TRUE(Opened(issuer, issuer.Mint()));
  EXPECT_EQ(issuer.Rotate({.keep_old = false}), "key-3");
  EXPECT_FALSE(Opened(issuer, before));
  EXPECT_TRUE(Opened(issuer, issuer.Mint()));
}

TEST(TestIssuer, SignsWithAKeyBeforeItIsPublished) {
  FakeClock clock;
  TestIssuer issuer(clock);
  issuer.Rotate({.publish = false});
  const std::string token = issuer.Mint();
  EXPECT_FALSE(Opened(issuer, token));
  issuer.PublishAll();
  EXPECT_TRUE(Opened(issuer, token));
}

TEST(TestIssuer, RemovesAKeyButNeverTheLast) {
  FakeClock clock;
  TestIssuer issuer(clock);
  EXPECT_FALSE(issuer.RemoveKey("key-1"));
  issuer.AddKey(jose::Alg::kEs384, "mine");
  EXPECT_FALSE(issuer.RemoveKey("unknown"));
  EXPECT_TRUE(issuer.RemoveKey("key-1"));
  EXPECT_THAT(issuer.kids(), ElementsAre("mine"));
}

TEST(TestIssuer, ReportsTokensThatItCannotMint) {
  FakeClock clock;
  TestIssuer issuer(clock);
  EXPECT_EQ(issuer.TryMint({.claims = "[1]"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(issuer.TryMint({.kid = "unknown"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(TestIssuer, PublishesADiscoveryDocument) {
  FakeClock clock;
  TestIssuer issuer(clock, {.issuer = "https://a.test/realm"});
  EXPECT_THAT(issuer.Discovery(),
              HasSubstr(R"("issuer":"https://a.test/realm")"));
  EXPECT_THAT(issuer.Discovery(),
              HasSubstr(R"("jwks_uri":"https://a.test/realm/jwks")"));
  EXPECT_EQ(issuer.discovery_uri(),
            "https://a.test/realm/.well-known/openid-configuration");
}

TEST(TestIssuer, SignsTextsUnchanged) {
  FakeClock clock;
  TestIssuer issuer(clock);
  const std::string token =
      issuer.MintRaw(R"({"alg":"ES256","kid":"key-1"})", R"({"exp":1e3})");
  EXPECT_EQ(Opened(issuer, token), R"({"exp":1e3})");
}

}  // namespace
}  // namespace usher::testing
