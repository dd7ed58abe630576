#include "lib/issuer/metadata_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"

namespace usher::issuer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFirst[] = "https://login.test/.well-known/openid-configuration";
constexpr char kSecond[] =
    "https://login.test/.well-known/oauth-authorization-server";
constexpr char kMetadata[] =
    R"({"issuer":"https://login.test",)"
    R"("introspection_endpoint":"https://login.test/introspect"})";
constexpr char kEndpoint[] = "https://login.test/introspect";

class MetadataEndpointTest : public ::testing::Test {
 protected:
  void Find() {
    source_->Find([this](absl::StatusOr<std::string> endpoint) {
      found_.push_back(
          endpoint.ok() ? *endpoint : std::string(endpoint.status().message()));
    });
  }

  testing::FakeClock clock_;
  testing::FakeHttp http_;
  base::InlineExecutor executor_;
  std::vector<std::string> found_;
  const std::shared_ptr<MetadataEndpoint> source_ = MetadataEndpoint::Create(
      {.issuer = "https://login.test", .urls = {kFirst, kSecond}, .trust = {}},
      {http_, executor_, clock_});
};

TEST_F(MetadataEndpointTest, IsReadOnceForAllThatWaitAndForTenMinutes) {
  http_.Answer(kFirst, kMetadata);
  Find();
  Find();
  EXPECT_THAT(found_, IsEmpty());
  http_.Deliver();
  EXPECT_THAT(found_, ElementsAre(kEndpoint, kEndpoint));
  clock_.Advance(MetadataEndpoint::kFresh - absl::Seconds(1));
  Find();
  EXPECT_EQ(found_.size(), 3u);
  EXPECT_EQ(http_.count(kFirst), 1);
}

TEST_F(MetadataEndpointTest, IsReadAgainWhileTheOldOneGoesOn) {
  http_.Answer(kFirst, kMetadata);
  Find();
  http_.Deliver();
  http_.Fail(kFirst, absl::UnavailableError("down"));
  clock_.Advance(MetadataEndpoint::kFresh);
  Find();
  http_.Deliver();
  Find();
  EXPECT_THAT(found_, ElementsAre(kEndpoint, kEndpoint, kEndpoint));
  EXPECT_EQ(http_.count(kFirst), 2);
}

TEST_F(MetadataEndpointTest, IsFoundAtTheNextAddress) {
  http_.Answer(kFirst, "not found", 404);
  http_.Answer(kSecond, kMetadata);
  Find();
  http_.Deliver();
  EXPECT_THAT(found_, ElementsAre(kEndpoint));
}

TEST_F(MetadataEndpointTest, AFailureIsRememberedForSomeSeconds) {
  http_.Fail(kFirst, absl::UnavailableError("connection refused"));
  Find();
  http_.Deliver();
  Find();
  EXPECT_EQ(http_.count(kFirst), 1);
  EXPECT_THAT(found_, ElementsAre(HasSubstr("connection refused"),
                                  HasSubstr("set introspection.endpoint")));
  clock_.Advance(MetadataEndpoint::kRetry);
  http_.Answer(kFirst, kMetadata);
  Find();
  http_.Deliver();
  EXPECT_EQ(found_.back(), kEndpoint);
}

// A token must not be shown to an address that another issuer names.
TEST_F(MetadataEndpointTest, MetadataOfAnotherIssuerNameNone) {
  http_.Answer(kFirst,
               R"({"issuer":"https://evil.test",)"
               R"("introspection_endpoint":"https://evil.test/introspect"})");
  Find();
  http_.Deliver();
  EXPECT_THAT(found_, ElementsAre(HasSubstr("byte for byte")));
}

TEST_F(MetadataEndpointTest, MetadataWithoutAnEndpointOrWithoutHttpsNameNone) {
  http_.Answer(kFirst, R"({"issuer":"https://login.test"})");
  Find();
  http_.Deliver();
  EXPECT_THAT(found_, ElementsAre(HasSubstr("introspection_endpoint")));
  clock_.Advance(MetadataEndpoint::kRetry);
  http_.Answer(kFirst,
               R"({"issuer":"https://login.test",)"
               R"("introspection_endpoint":"http://login.test/introspect"})");
  Find();
  http_.Deliver();
  EXPECT_THAT(found_.back(), HasSubstr("introspection_endpoint"));
  EXPECT_EQ(http_.count("http://login.test/introspect"), 0);
}

}  // namespace
}  // namespace usher::issuer
