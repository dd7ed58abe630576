// TLS to usherd, with certificates that the test makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "absl/synchronization/notification.h"
#include "client/core/tls_files.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "lib/base/text/strings.h"
#include "tests/client/cli/run_program.h"
#include "tests/client/core/scripted_server.h"
#include "usher/client.h"

namespace usher {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ReadFile;
using testing::RunProgram;
using testing::ScriptedServer;

constexpr char kClientName[] = "subjectAltName=URI:spiffe://corp/orders";

// A directory with ca.pem, {server,client}.{pem,key}, and other-ca.pem with
// other-client.{pem,key}.
class Pki {
 public:
  Pki() {
    Authority("ca");
    Authority("other-ca");
    Leaf("server", "ca", "subjectAltName=IP:127.0.0.1,DNS:usher.test");
    Leaf("client", "ca", kClientName);
    Leaf("client-2", "ca", kClientName);
    Leaf("other-client", "other-ca", kClientName);
  }
  std::string Path(std::string_view name) const {
    return base::StrCat(directory_, "/", name);
  }
  std::string Pem(std::string_view name) const { return ReadFile(Path(name)); }

 private:
  void Make(const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> command = {"openssl",
                                        "req",
                                        "-x509",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:P-256",
                                        "-nodes",
                                        "-days",
                                        "2",
                                        "-subj",
                                        "/CN=" + name,
                                        "-keyout",
                                        Path(name + ".key"),
                                        "-out",
                                        Path(name + ".pem")};
    command.insert(command.end(), more.begin(), more.end());
    const testing::Ran ran = RunProgram(command);
    ASSERT_EQ(ran.status, 0) << ran.err;
  }
  void Authority(const std::string& name) { Make(name, {}); }
  void Leaf(const std::string& name, const std::string& ca,
            const std::string& alternative) {
    Make(name,
         {"-CA", Path(ca + ".pem"), "-CAkey", Path(ca + ".key"), "-addext",
          alternative, "-addext", "basicConstraints=critical,CA:FALSE"});
  }

  const std::string directory_ = testing::NewDirectory();
};

const Pki& ThePki() {
  static const Pki& pki = *new Pki;
  return pki;
}

// Wants a client certificate.
std::unique_ptr<ScriptedServer> TlsServer(ScriptedServer::Script script = {
                                              .verify = testing::SayVerified}) {
  const Pki& pki = ThePki();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pki.Pem("ca.pem");
  options.pem_key_cert_pairs = {{pki.Pem("server.key"), pki.Pem("server.pem")}};
  return std::make_unique<ScriptedServer>(
      std::move(script),
      ScriptedServer::Settings{.credentials =
                                   grpc::SslServerCredentials(options)});
}

TlsOptions WholeTls() {
  TlsOptions tls = {.ca_pem = ThePki().Pem("ca.pem")};
  tls.identity.emplace(ThePki().Pem("client.pem"),
                       Secret(ThePki().Pem("client.key")));
  return tls;
}

VerifyResult Ask(std::string target, TlsOptions tls) {
  const auto client = *Client::Create({.target = std::move(target),
                                       .tls = std::move(tls),
                                       .deadline = absl::Seconds(20)});
  return client->Verify({.token = "a.b.c"});
}

TEST(ClientTls, AuthenticatesBothSides) {
  const auto server = TlsServer();
  EXPECT_TRUE(Ask(server->address(), WholeTls()).ok());
}

TEST(ClientTls, OptionsCanBeUsedTwice) {
  const auto server = TlsServer();
  const ClientOptions options = {.target = server->address(),
                                 .tls = WholeTls(),
                                 .deadline = absl::Seconds(20)};
  for (int i = 0; i < 2; ++i) {
    const auto client = *Client::Create(options);
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
}

TEST(ClientTls, RejectsAServerOfAnotherAuthority) {
  const auto server = TlsServer();
  TlsOptions tls = WholeTls();
  tls.ca_pem = ThePki().Pem("other-ca.pem");
  const VerifyResult result = Ask(server->address(), std::move(tls));
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, Undecided::Cause::kUnreachable);
  EXPECT_THAT(result.undecided()->message,
              AllOf(HasSubstr("not from a trusted CA"),
                    Not(HasSubstr("client certificate"))));
  EXPECT_EQ(server->verify_calls(), 0u);
}

TEST(ClientTls, IsRejectedWithoutACertificate) {
  const auto server = TlsServer();
  TlsOptions tls = WholeTls();
  tls.identity.reset();
  const VerifyResult result = Ask(server->address(), std::move(tls));
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_THAT(result.undecided()->message,
              HasSubstr("wants a client certificate"));
  EXPECT_EQ(server->verify_calls(), 0u);
}

TEST(ClientTls, IsRejectedWithACertificateOfAnotherAuthority) {
  const auto server = TlsServer();
  TlsOptions tls = WholeTls();
  tls.identity.emplace(ThePki().Pem("other-client.pem"),
                       Secret(ThePki().Pem("other-client.key")));
  const VerifyResult result = Ask(server->address(), std::move(tls));
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_THAT(result.undecided()->message,
              HasSubstr("does not accept the client certificate"));
}

TEST(ClientTls, ChecksTheConfiguredServerName) {
  const auto server = TlsServer();
  TlsOptions right = WholeTls();
  right.server_name = "usher.test";
  const std::string list =
      base::StrCat(server->address(), ",", server->address());
  EXPECT_TRUE(Ask(list, std::move(right)).ok());
  TlsOptions wrong = WholeTls();
  wrong.server_name = "other.test";
  EXPECT_NE(Ask(server->address(), std::move(wrong)).undecided(), nullptr);
}

TEST(ClientTls, UsesCredentialsOfTheUser) {
  const auto server = TlsServer();
  const auto client =
      *Client::Create({.target = server->address(),
                       .credentials = grpc::SslCredentials(
                           {.pem_root_certs = ThePki().Pem("ca.pem"),
                            .pem_private_key = ThePki().Pem("client.key"),
                            .pem_cert_chain = ThePki().Pem("client.pem")}),
                       .deadline = absl::Seconds(20)});
  EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
}

TEST(ClientTls, TakesCredentialsOrTlsOptionsButNotBoth) {
  for (const std::optional<TlsOptions>& tls :
       {std::optional<TlsOptions>(), std::optional(WholeTls())}) {
    const auto client =
        Client::Create({.target = "usher:9443",
                        .tls = tls,
                        .credentials = grpc::InsecureChannelCredentials()});
    EXPECT_THAT(std::string(client.status().message()),
                HasSubstr("credentials: "));
  }
}

TEST(ClientTls, ChecksKeyAndCertificate) {
  TlsOptions tls = WholeTls();
  tls.identity->private_key_pem = Secret(ThePki().Pem("server.key"));
  const auto why = [&] {
    return std::string(Client::Create({.target = "usher:9443", .tls = tls})
                           .status()
                           .message());
  };
  EXPECT_EQ(why(),
            "tls.identity.private_key_pem: does not belong to the certificate");
  tls.identity->private_key_pem =
      Secret("-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_THAT(why(), HasSubstr("is encrypted"));
  tls.identity->private_key_pem = Secret();
  EXPECT_THAT(why(), HasSubstr("tls.identity.private_key_pem: "));
  tls.identity->certificate_pem = "-----BEGIN CERTIFICATE-----";
  EXPECT_THAT(why(), HasSubstr("tls.identity.certificate_pem: "));
  tls.identity.reset();
  tls.identity_files = {{.certificate = "/nowhere.pem", .private_key = ""}};
  EXPECT_THAT(why(), HasSubstr("tls.identity_files.certificate: cannot read "
                               "/nowhere.pem"));
}

// Files of a client that are replaced while it runs.
class RotatingFiles {
 public:
  RotatingFiles() { Write("other-client"); }

  // The certificate and key of the Pki's `name`.
  void Write(std::string_view name) {
    WriteCertificate(name);
    WriteKey(name);
  }
  void WriteCertificate(std::string_view name) {
    Copy(base::StrCat(name, ".pem"), "client.pem");
  }
  void WriteKey(std::string_view name) {
    Copy(base::StrCat(name, ".key"), "client.key");
  }
  TlsOptions Options() const {
    return {.ca_file = ThePki().Path("ca.pem"),
            .identity_files = {{.certificate = Path("client.pem"),
                                .private_key = Path("client.key")}}};
  }

 private:
  std::string Path(std::string_view name) const {
    return base::StrCat(directory_, "/", name);
  }
  void Copy(std::string_view from, std::string_view to) const {
    std::ofstream(Path(to)) << ThePki().Pem(from);
  }

  const std::string directory_ = testing::NewDirectory();
};

TEST(ClientTls, ConnectsAnewWhenItsFilesRotate) {
  const auto server = TlsServer();
  RotatingFiles files;  // of an authority that the server does not trust
  const auto client =
      *Client::Create({.target = server->address(), .tls = files.Options()});
  EXPECT_FALSE(client->Verify({.token = "a.b.c"}).ok());
  files.Write("client");
  while (!client->Verify({.token = "a.b.c"}).ok()) std::this_thread::yield();
  EXPECT_EQ(server->peers().size(), 1u);
}

TEST(ClientTls, FinishesRequestsInFlightOnTheOldConnection) {
  absl::Notification release;
  const auto server =
      TlsServer({.verify = [&](const auto& request, auto& response) {
        if (request.token() == "s.l.ow") release.WaitForNotification();
        return testing::SayVerified(request, response);
      }});
  RotatingFiles files;
  files.Write("client");
  const auto client = *Client::Create({.target = server->address(),
                                       .tls = files.Options(),
                                       .deadline = absl::Seconds(60),
                                       .max_attempts = 1});
  absl::Notification ended;
  client->Verify({.token = "s.l.ow"}, [&](VerifyResult result) {
    EXPECT_TRUE(result.ok());
    ended.Notify();
  });
  while (server->verify_calls() == 0) std::this_thread::yield();
  files.Write("client-2");
  // Until requests come on a second connection.
  while (server->peers().size() < 2) {
    EXPECT_TRUE(client->Verify({.token = "a.b.c"}).ok());
  }
  EXPECT_FALSE(ended.HasBeenNotified());
  release.Notify();
  ended.WaitForNotification();
}

TEST(TlsFileWatch, UsesAChangeThatHasSettledAndFits) {
  RotatingFiles files;
  const TlsOptions options = files.Options();
  int changes = 0;
  client::TlsFileWatch watch(options, *client::LoadTlsFiles(options),
                             [&](const TlsOptions& changed) {
                               ++changes;
                               EXPECT_EQ(changed.identity->certificate_pem,
                                         ThePki().Pem("client.pem"));
                             });
  EXPECT_TRUE(watch.Poll().ok());
  files.WriteCertificate("client");
  EXPECT_TRUE(watch.Poll().ok());  // may be half-written
  EXPECT_THAT(std::string(watch.Poll().message()),
              HasSubstr("does not belong to the certificate"));
  EXPECT_TRUE(watch.Poll().ok()) << "said once";
  EXPECT_EQ(changes, 0);
  files.WriteKey("client");
  EXPECT_TRUE(watch.Poll().ok());
  EXPECT_EQ(changes, 0);
  EXPECT_TRUE(watch.Poll().ok());
  EXPECT_EQ(changes, 1);
  EXPECT_TRUE(watch.Poll().ok());
  EXPECT_EQ(changes, 1);
}

TEST(UsherTls, UsesTheFilesOfTheCommandLine) {
  const auto server = TlsServer();
  const Pki& pki = ThePki();
  testing::Ran ran = testing::RunUsher(
      {"verify", "--server", server->address(), "--ca", pki.Path("ca.pem"),
       "--cert", pki.Path("client.pem"), "--key", pki.Path("client.key")},
      "a.b.c");
  EXPECT_EQ(ran.status, 0) << ran.err;
  ran = testing::RunUsher({"verify", "--server", server->address()}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, HasSubstr("--ca FILE for TLS"));
  ran = testing::RunUsher(
      {"verify", "--server", server->address(), "--ca", pki.Path("ca.pem")},
      "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("wants a client certificate"),
                             HasSubstr("--cert and --key")));
}

}  // namespace
}  // namespace usher
