#include "lib/oauth/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/certificate_authority.h"
#include "tests/support/scratch_directory.h"

namespace usher::oauth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Duration kLater = absl::Seconds(1);

class CredentialsTest : public ::testing::Test {
 protected:
  std::string BodyNow(Credentials& credentials) {
    now_ += kLater;
    const auto client = credentials.Current(now_);
    if (!client.ok()) return std::string(client.status().message());
    return *(*client)->Post("https://issuer/introspect", {}, now_).body;
  }

  testing::ScratchDirectory directory_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_F(CredentialsTest, OneLineBreakIsNotPartOfASecret) {
  const std::string path = directory_.Write("secret", "s3cret\n");
  Credentials credentials({.method = ClientAuthMethod::kPost,
                           .client_id = "usher",
                           .secret_file = path});
  EXPECT_EQ(BodyNow(credentials), "client_id=usher&client_secret=s3cret");
  directory_.Write("secret", "s3cret\r\n");
  EXPECT_EQ(BodyNow(credentials), "client_id=usher&client_secret=s3cret");
  directory_.Write("secret", "s3cret\n\n");
  EXPECT_EQ(BodyNow(credentials), "client_id=usher&client_secret=s3cret%0A");
}

TEST_F(CredentialsTest, AChangedSecretIsUsedWithinASecond) {
  const std::string path = directory_.Write("secret", "old");
  Credentials credentials({.method = ClientAuthMethod::kPost,
                           .client_id = "usher",
                           .secret_file = path});
  EXPECT_THAT(BodyNow(credentials), HasSubstr("client_secret=old"));
  directory_.Write("secret", "new");
  EXPECT_THAT(BodyNow(credentials), HasSubstr("client_secret=new"));
}

TEST_F(CredentialsTest, AFileThatVanishesLeavesTheLastSecretInUse) {
  const std::string path = directory_.Write("secret", "last");
  Credentials credentials({.method = ClientAuthMethod::kPost,
                           .client_id = "usher",
                           .secret_file = path});
  EXPECT_THAT(BodyNow(credentials), HasSubstr("client_secret=last"));
  directory_.Write("secret", "");
  EXPECT_THAT(BodyNow(credentials), HasSubstr("client_secret=last"));
}

TEST_F(CredentialsTest, AnErrorNamesThePathAndNotTheContent) {
  const std::string path = directory_.Write("key", "not a key, but secret");
  Credentials credentials({.method = ClientAuthMethod::kPrivateKeyJwt,
                           .client_id = "usher",
                           .key_file = path});
  EXPECT_THAT(BodyNow(credentials), HasSubstr(path));
  EXPECT_THAT(BodyNow(credentials), Not(HasSubstr("but secret")));
}

TEST_F(CredentialsTest, ARenewedCertificateIsUsedWithinASecond) {
  const testing::CertificateAuthority ca;
  const auto write = [&] {
    const testing::Certificate issued = ca.Issue();
    directory_.Write("key", issued.private_key);
    return directory_.Write("certificate", issued.chain);
  };
  const std::string path = write();
  Credentials credentials({.method = ClientAuthMethod::kMutualTls,
                           .client_id = "usher",
                           .key_file = directory_.Write("key", ""),
                           .certificate_file = path});
  EXPECT_THAT(BodyNow(credentials), HasSubstr(path));
  write();
  const auto serial = [&] {
    now_ += kLater;
    const auto client = *credentials.Current(now_);
    return client->Post("https://issuer/introspect", {}, now_)
        .credentials.certificate->serial();
  };
  const uint64_t first = serial();
  EXPECT_EQ(serial(), first);
  write();
  EXPECT_NE(serial(), first);
}

TEST_F(CredentialsTest, AnEmptySecretIsAnError) {
  const std::string path = directory_.Write("secret", "\n");
  Credentials credentials({.method = ClientAuthMethod::kBasic,
                           .client_id = "usher",
                           .secret_file = path});
  EXPECT_EQ(BodyNow(credentials), path + " is empty");
}

}  // namespace
}  // namespace usher::oauth
