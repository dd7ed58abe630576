// What requests show to servers that ask who is there.
#include "lib/http/credentials/credentials.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/http/credentials/credential_files.h"
#include "tests/lib/http/fetching.h"
#include "tests/lib/http/raw_tls_server.h"
#include "tests/support/scratch_directory.h"

namespace usher::http {
namespace {

using testing::CertificateAuthority;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScratchDirectory;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::string ErrorOf(const absl::Status& status) {
  return std::string(base::Std(status.message()));
}

absl::StatusOr<std::shared_ptr<const ClientCertificate>> ClientOf(
    const CertificateAuthority& ca) {
  const testing::Certificate issued = ca.Issue({.common_name = "usherd"});
  return ClientCertificate::Create(issued.chain, Secret(issued.private_key));
}

TEST(ClientCertificate, RefusesWhatCannotBeUsedAndQuotesNothing) {
  const CertificateAuthority ca;
  const testing::Certificate one = ca.Issue();
  const testing::Certificate other = ca.Issue();
  EXPECT_TRUE(
      ClientCertificate::Create(one.chain, Secret(one.private_key)).ok());
  EXPECT_EQ(
      ErrorOf(ClientCertificate::Create("x", Secret(one.private_key)).status()),
      "the certificate file has no PEM block of type CERTIFICATE");
  EXPECT_EQ(ErrorOf(ClientCertificate::Create(one.chain, Secret("x")).status()),
            "the private key has no PEM block of type PRIVATE KEY");
  EXPECT_EQ(
      ErrorOf(ClientCertificate::Create(one.chain, Secret(other.private_key))
                  .status()),
      "the private key is the key of another certificate: replace the "
      "certificate and the key together");
}

TEST(ClientCertificate, IsShownToAServerThatWantsOne) {
  const CertificateAuthority ca;
  const RawTlsServer server(ca, kOk, false, /*wants_certificate=*/true);
  auto client = MakeClient();
  Request request = Get(server.url(), TrustIn(ca));
  request.credentials.certificate = ClientOf(ca).value();
  const auto response = FetchNow(*client, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "{}");
  EXPECT_TRUE(response->wanted_certificate);
}

TEST(ClientCertificate, ThatIsMissingIsNamedAsTheCause) {
  const CertificateAuthority ca;
  const RawTlsServer server(ca, kOk, false, /*wants_certificate=*/true);
  auto client = MakeClient();
  const auto response = FetchNow(*client, Get(server.url(), TrustIn(ca)));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(ErrorOf(response.status()),
              HasSubstr("127.0.0.1 wants a client certificate: set "
                        "keys.client_certificate"));
}

TEST(ClientCertificate, ThatIsRefusedIsNamedAsTheCause) {
  const CertificateAuthority ca;
  const CertificateAuthority stranger("Another CA");
  const RawTlsServer server(ca, kOk, false, /*wants_certificate=*/true);
  auto client = MakeClient();
  Request request = Get(server.url(), TrustIn(ca));
  request.credentials.certificate = ClientOf(stranger).value();
  EXPECT_THAT(ErrorOf(FetchNow(*client, request).status()),
              HasSubstr("127.0.0.1 refused the client certificate"));
}

httpd::Response PeerOf(const httpd::Request& request) {
  return {.body = request.peer};
}

TEST(ClientCertificate, DoesNotShareAConnectionWithAnother) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  const auto peer_with = [&](auto certificate) {
    Request request = Get("https://" + server->address() + "/", TrustIn(ca));
    request.credentials.certificate = certificate;
    return FetchNow(*client, request)->body;
  };
  const auto one = ClientOf(ca).value();
  const std::string first = peer_with(one);
  EXPECT_EQ(peer_with(one), first);
  EXPECT_NE(peer_with(ClientOf(ca).value()), first);
  EXPECT_NE(peer_with(nullptr), first);
}

TEST(Authorization, IsSentAndMustBeOneLine) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request& request) {
    return httpd::Response{
        .body = std::string(request.Header("authorization").value_or("-"))};
  });
  auto client = MakeClient();
  Request request = Get("https://" + server->address() + "/", TrustIn(ca));
  EXPECT_EQ(FetchNow(*client, request)->body, "-");
  request.credentials.authorization = std::make_shared<Secret>("Bearer a.b");
  EXPECT_EQ(FetchNow(*client, request)->body, "Bearer a.b");
  request.credentials.authorization = std::make_shared<Secret>("Bearer a\nb");
  const auto broken = FetchNow(*client, request);
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ErrorOf(broken.status()), Not(HasSubstr("Bearer")));
}

class CredentialFilesTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    return directory.Write(name, text);
  }
  ScratchDirectory directory;
};

TEST_F(CredentialFilesTest, AreReadAgainAfterASecond) {
  CredentialFiles files({.token = Write("token", " first\n")});
  const auto token_at = [&](absl::Duration after) {
    return std::string(files.Read(kNow + after)->authorization->Reveal());
  };
  EXPECT_EQ(token_at(absl::ZeroDuration()), "Bearer first");
  Write("token", "second");
  EXPECT_EQ(token_at(absl::Milliseconds(999)), "Bearer first");
  EXPECT_EQ(token_at(absl::Seconds(1)), "Bearer second");
}

TEST_F(CredentialFilesTest, GiveTheSameCertificateObjectUntilItChanges) {
  const CertificateAuthority ca;
  const testing::Certificate issued = ca.Issue();
  CredentialFiles files({.certificate = Write("c", issued.chain),
                         .key = Write("k", issued.private_key)});
  const auto first = files.Read(kNow)->certificate;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(files.Read(kNow + absl::Seconds(5))->certificate, first);
  const testing::Certificate renewed = ca.Issue();
  Write("c", renewed.chain);
  // The second of the two files is not there yet.
  const auto between = files.Read(kNow + absl::Seconds(10));
  EXPECT_THAT(ErrorOf(between.status()), HasSubstr("is the key of another certificate"));
  Write("k", renewed.private_key);
  EXPECT_NE(files.Read(kNow + absl::Seconds(10))->certificate, first);
}

TEST_F(CredentialFilesTest, NameThePathAndQuoteNothing) {
  const std::string path = Write("token", "two words");
  const auto spoilt = CredentialFiles({.token = path}).Read(kNow);
  EXPECT_THAT(ErrorOf(spoilt.status()), HasSubstr(path));
  EXPECT_THAT(ErrorOf(spoilt.status()), Not(HasSubstr("words")));
  EXPECT_THAT(
      ErrorOf(
          CredentialFiles({.token = Write("empty", "\n")}).Read(kNow).status()),
      HasSubstr("is empty"));
  EXPECT_FALSE(CredentialFiles({.token = "/no/such/file"}).Read(kNow).ok());
}

TEST_F(CredentialFilesTest, WithoutPathsShowNothing) {
  const auto none = CredentialFiles({}).Read(kNow);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->authorization, nullptr);
  EXPECT_EQ(none->certificate, nullptr);
}

}  // namespace
}  // namespace usher::http
