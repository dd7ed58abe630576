#include "server/net/tls/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/text/strings.h"
#include "tests/server/net/tls_files.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(files.tls()); }

  void Open(const config::Tls& tls) {
    auto opened = Certificates::Open(tls, "listen", "tls", log, absl::Now());
    ASSERT_TRUE(opened.ok()) << opened.status();
    certificates = *std::move(opened);
    first = certificates->served();
  }
  void Replace(const testing::Certificate& with) {
    files.Write("tls.crt", with.chain);
    files.Write("tls.key", with.private_key);
  }
  // As often as unchanging files need.
  void PollTwice(absl::Time now = absl::Now()) {
    certificates->Poll(now);
    certificates->Poll(now);
  }
  uint64_t ok() { return certificates->reloads(CertificateReload::kOk); }
  uint64_t failed() {
    return certificates->reloads(CertificateReload::kFailed);
  }

  TlsFiles files;
  const base::SystemClock clock;
  std::string written;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { written += line; }};
  std::shared_ptr<Certificates> certificates;
  std::shared_ptr<const Certificates::Served> first;
};

TEST_F(CertificatesTest, CannotBeOpenedWithFilesThatCannotBeServed) {
  config::Tls tls = files.tls();
  tls.private_key = files.Write("other.key", files.ca().Issue().private_key);
  const auto opened =
      Certificates::Open(tls, "listen", "tls", log, absl::Now());
  EXPECT_THAT(std::string(base::Std(opened.status().message())),
              HasSubstr("other.key: is the key of another certificate"));
}

TEST_F(CertificatesTest, StayWhileTheFilesStayTheSame) {
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  EXPECT_THAT(written, IsEmpty());
  EXPECT_EQ(ok() + failed(), 0u);
}

TEST_F(CertificatesTest, ChangeWhenTheFilesHaveChangedAndAreComplete) {
  const testing::Certificate next = files.ca().Issue();
  Replace(next);
  certificates->Poll(absl::Now());
  EXPECT_EQ(certificates->served(), first);
  certificates->Poll(absl::Now());
  const auto served = certificates->served();
  EXPECT_EQ(served->material.certificate, next.chain);
  EXPECT_EQ(served->material.private_key, next.private_key);
  EXPECT_NE(served->facts.fingerprint, first->facts.fingerprint);
  EXPECT_THAT(written, HasSubstr(R"("event":"certificate_changed",)"
                                 R"("listener":"listen","expires_at":"20)"));
  EXPECT_THAT(written, HasSubstr(served->facts.fingerprint));
  EXPECT_EQ(ok(), 1u);
  PollTwice();
  EXPECT_EQ(ok(), 1u);
}

TEST_F(CertificatesTest, ChangeWithTheClientCaAlone) {
  files.Write("ca.crt",
              files.ca().pem() + testing::CertificateAuthority().pem());
  PollTwice();
  EXPECT_NE(certificates->served()->material.client_ca,
            first->material.client_ca);
  EXPECT_EQ(ok(), 1u);
}

// As Kubernetes swaps the directory behind mounted secrets.
TEST_F(CertificatesTest, ChangeWithASymlinkToAnotherDirectory) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(files.tls().certificate).parent_path();
  const testing::Certificate next = files.ca().Issue();
  fs::create_directory(root / "..2026_1");
  fs::create_directory(root / "..2026_2");
  files.Write("..2026_1/tls.crt", first->material.certificate);
  files.Write("..2026_1/tls.key", first->material.private_key);
  files.Write("..2026_2/tls.crt", next.chain);
  files.Write("..2026_2/tls.key", next.private_key);
  fs::create_symlink("..2026_1", root / "..data");
  fs::create_symlink("..data/tls.crt", root / "mounted.crt");
  fs::create_symlink("..data/tls.key", root / "mounted.key");
  Open({root / "mounted.crt", root / "mounted.key", std::nullopt});
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  fs::create_symlink("..2026_2", root / "..data_tmp");
  fs::rename(root / "..data_tmp", root / "..data");
  PollTwice();
  EXPECT_EQ(certificates->served()->material.certificate, next.chain);
}

TEST_F(CertificatesTest, AreNotValidatedWhileTheyAreBeingWritten) {
  const testing::Certificate next = files.ca().Issue();
  files.Write("tls.crt", "");
  certificates->Poll(absl::Now());
  files.Write("tls.crt", next.chain.substr(0, 100));
  certificates->Poll(absl::Now());
  files.Write("tls.crt", next.chain);
  certificates->Poll(absl::Now());
  files.Write("tls.key", next.private_key);
  certificates->Poll(absl::Now());
  EXPECT_EQ(certificates->served(), first);
  certificates->Poll(absl::Now());
  EXPECT_EQ(certificates->served()->material.certificate, next.chain);
  EXPECT_THAT(written, Not(HasSubstr("certificate_refused")));
  EXPECT_EQ(failed(), 0u);
}

TEST_F(CertificatesTest, StayUntilUnusableFilesAreRepaired) {
  const testing::Certificate next = files.ca().Issue();
  files.Write("tls.crt", next.chain);
  for (int i = 0; i < 5; ++i) certificates->Poll(absl::Now());
  EXPECT_EQ(certificates->served(), first);
  EXPECT_EQ(failed(), 1u);
  const std::string refused =
      R"("event":"certificate_refused","listener":"listen",)"
      R"("error":"tls.private_key: )" +
      files.tls().private_key +
      R"(: is the key of another certificate: replace the certificate and the key together")";
  const size_t logged = written.find(refused);
  ASSERT_NE(logged, std::string::npos) << written;
  EXPECT_EQ(written.find("certificate_refused", logged + refused.size()),
            std::string::npos);
  files.Write("tls.key", next.private_key);
  PollTwice();
  EXPECT_EQ(certificates->served()->material.certificate, next.chain);
  EXPECT_EQ(ok(), 1u);
}

TEST_F(CertificatesTest, StayWhenTheirFilesDisappear) {
  std::filesystem::remove(files.tls().private_key);
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  EXPECT_THAT(written, HasSubstr("No such file or directory"));
  files.Write("tls.key", first->material.private_key);
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  EXPECT_EQ(failed(), 1u);
  EXPECT_EQ(ok(), 0u);
  std::filesystem::remove(files.tls().private_key);
  PollTwice();
  EXPECT_EQ(failed(), 2u);
}

TEST_F(CertificatesTest, ChangeWhenTheNewOnesBecomeValid) {
  Replace(files.ca().Issue({.valid_from = absl::Hours(1)}));
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  EXPECT_THAT(written, HasSubstr("is not valid before"));
  certificates->Poll(absl::Now() + absl::Hours(2));
  EXPECT_NE(certificates->served(), first);
}

TEST_F(CertificatesTest, StayWhenTheNewOnesHaveExpired) {
  Replace(files.ca().Issue(
      {.valid_from = -absl::Hours(2), .valid_until = -absl::Hours(1)}));
  PollTwice();
  EXPECT_EQ(certificates->served(), first);
  EXPECT_THAT(written, HasSubstr("expired at"));
}

TEST_F(CertificatesTest, AreNeverInTheLog) {
  Replace(files.ca().Issue());
  PollTwice();
  files.Write("tls.key", first->material.private_key);
  PollTwice();
  EXPECT_THAT(written, Not(HasSubstr("PRIVATE")));
  EXPECT_THAT(written, Not(HasSubstr("BEGIN")));
}

class RevokedClientsTest : public CertificatesTest {
 protected:
  void SetUp() override {
    tls = files.tls();
    tls.client_crl = files.Write("crl.pem", files.ca().RevocationList({}));
    Open(tls);
  }
  std::shared_ptr<const RevocationLists> lists() {
    return certificates->served()->revoked;
  }

  config::Tls tls;
};

TEST_F(RevokedClientsTest, AChangedListIsUsed) {
  const auto before = lists();
  files.Write("crl.pem", files.ca().RevocationList({files.ca().Issue().chain}));
  PollTwice();
  EXPECT_NE(lists(), before);
  EXPECT_EQ(ok(), 1u);
  EXPECT_THAT(written, HasSubstr("client_crl_changed"));
}

TEST_F(RevokedClientsTest, TheLastGoodListsStayWhileTheFileCannotBeUsed) {
  const auto before = lists();
  const testing::CertificateAuthority stranger;
  uint64_t refusals = 0;
  for (const std::string& text :
       {std::string("nonsense"), stranger.RevocationList({}),
        files.ca().RevocationList({}, -absl::Hours(2), -absl::Hours(1))}) {
    files.Write("crl.pem", text);
    for (int i = 0; i < 3; ++i) PollTwice();
    EXPECT_EQ(lists(), before);
    EXPECT_EQ(failed(), ++refusals);
  }
  EXPECT_THAT(written, HasSubstr("the last good lists are used"));
  // Changed certificates are served all the same.
  Replace(files.ca().Issue());
  PollTwice();
  EXPECT_EQ(ok(), 1u);
  EXPECT_EQ(lists(), before);
}

TEST_F(RevokedClientsTest, AListThatExpiresIsLoggedOnce) {
  const absl::Time later = absl::Now() + absl::Hours(48);
  for (int i = 0; i < 3; ++i) certificates->Poll(later);
  const size_t first_line = written.find("client_crl_expired");
  EXPECT_NE(first_line, std::string::npos);
  EXPECT_EQ(written.find("client_crl_expired", first_line + 1),
            std::string::npos);
}

TEST_F(RevokedClientsTest, AListThatCannotBeUsedPreventsTheStart) {
  files.Write("crl.pem", testing::CertificateAuthority().RevocationList({}));
  const auto opened =
      Certificates::Open(tls, "listen", "tls", log, absl::Now());
  EXPECT_THAT(std::string(base::Std(opened.status().message())),
              HasSubstr("tls.client_crl: "));
}

}  // namespace
}  // namespace usher::server
