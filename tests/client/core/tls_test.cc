// TLS to usherd, with certificates made on the spot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpcpp/security/server_credentials.h"
#include "lib/base/strings.h"
#include "tests/client/cli/run_program.h"
#include "tests/client/core/scripted_server.h"
#include "usher/client.h"

namespace usher {
namespace {

using ::testing::HasSubstr;
using testing::ReadFile;
using testing::RunProgram;
using testing::ScriptedServer;

// A directory with ca.pem, {server,client}.{pem,key} and other-ca.pem.
class Pki {
 public:
  Pki() {
    Authority("ca");
    Authority("other-ca");
    Leaf("server", "subjectAltName=IP:127.0.0.1,DNS:usher.test");
    Leaf("client", "subjectAltName=URI:spiffe://corp/orders");
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
  void Leaf(const std::string& name, const std::string& alternative) {
    Make(name, {"-CA", Path("ca.pem"), "-CAkey", Path("ca.key"), "-addext",
                alternative, "-addext", "basicConstraints=critical,CA:FALSE"});
  }

  const std::string directory_ = testing::NewDirectory();
};

const Pki& ThePki() {
  static const Pki& pki = *new Pki;
  return pki;
}

// Wants a client certificate.
std::unique_ptr<ScriptedServer> TlsServer() {
  const Pki& pki = ThePki();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pki.Pem("ca.pem");
  options.pem_key_cert_pairs = {{pki.Pem("server.key"), pki.Pem("server.pem")}};
  return std::make_unique<ScriptedServer>(
      ScriptedServer::Script{.verify = testing::SayVerified},
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

TEST(ClientTls, ShowsWhoItIsAndChecksWhoAnswers) {
  const auto server = TlsServer();
  EXPECT_TRUE(Ask(server->address(), WholeTls()).ok());
}

TEST(ClientTls, RefusesAServerOfAnotherAuthority) {
  const auto server = TlsServer();
  TlsOptions tls = WholeTls();
  tls.ca_pem = ThePki().Pem("other-ca.pem");
  const VerifyResult answer = Ask(server->address(), std::move(tls));
  ASSERT_NE(answer.undecided(), nullptr);
  EXPECT_EQ(answer.undecided()->cause, Undecided::Cause::kUnreachable);
  EXPECT_EQ(server->verify_calls(), 0u);
}

TEST(ClientTls, IsRefusedWithoutACertificate) {
  const auto server = TlsServer();
  TlsOptions tls = WholeTls();
  tls.identity.reset();
  EXPECT_NE(Ask(server->address(), std::move(tls)).undecided(), nullptr);
  EXPECT_EQ(server->verify_calls(), 0u);
}

TEST(ClientTls, WantsTheNameItWasTold) {
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

TEST(UsherTls, GoesByTheFilesOfTheCommandLine) {
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
}

}  // namespace
}  // namespace usher
