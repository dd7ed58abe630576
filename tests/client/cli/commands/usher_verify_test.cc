// `usher verify`, run as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/client/cli/output_matchers.h"
#include "tests/client/cli/run_program.h"
#include "tests/client/core/scripted_server.h"

namespace usher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::HasJson;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsPlain;
using ::testing::Not;
using testing::Ran;
using testing::RunUsher;
using testing::ScriptedServer;
using ::testing::StartsWith;

TEST(UsherVerify, PrintsAVerifiedToken) {
  ScriptedServer server({.verify = testing::SayVerified});
  const Ran ran =
      RunUsher({"verify", "--server", server.address(), "--audience", "orders",
                "--audience", "billing", "--scope", "read", "--any-scope",
                "--kind", "id", "--issuer", "https://login.example.com"},
               "a.b.c\n");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_THAT(ran.out, AllOf(StartsWith("verified\n"), HasSubstr("alice"),
                             HasSubstr("corp (https://login.example.com)"),
                             HasSubstr("2026-01-01T00:05:00Z ("), IsPlain()));
  const v1::VerifyRequest request = server.verify_requests().at(0);
  EXPECT_EQ(request.token(), "a.b.c");
  EXPECT_THAT(request.audiences(), ElementsAre("orders", "billing"));
  EXPECT_THAT(request.scopes(), ElementsAre("read"));
  EXPECT_EQ(request.scope_match(), v1::ANY);
  EXPECT_EQ(request.kind(), v1::ID_TOKEN);
  EXPECT_EQ(request.issuer(), "https://login.example.com");
}

TEST(UsherVerify, PrintsADenialWithAdvice) {
  ScriptedServer server(testing::Denying(15, "expired 12s ago", "exp"));
  const Ran ran = RunUsher({"verify", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out,
              AllOf(StartsWith("denied  TOKEN_EXPIRED: expired 12s ago\n"),
                    HasSubstr("advice"), IsPlain()));
}

TEST(UsherVerify, TreatsAnUnknownReasonAsADenial) {
  ScriptedServer server(testing::Denying(999, "something new"));
  const Ran ran = RunUsher({"verify", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasSubstr("reason 999: something new"));
}

TEST(UsherVerify, PrintsJson) {
  ScriptedServer yes({.verify = testing::SayVerified});
  Ran ran = RunUsher({"verify", "--json", "--server", yes.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, HasJson("verified.subject", "\"alice\""));
  ScriptedServer no(testing::Denying(15, "expired 12s ago", "exp"));
  ran = RunUsher({"verify", "--json", "--server", no.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasJson("denial.reason", "\"TOKEN_EXPIRED\""));
}

TEST(UsherVerify, ExplainsAnUndecidedAnswer) {
  ScriptedServer server({.verify = [](const auto&, auto&) {
    return testing::UndecidedStatus(grpc::StatusCode::UNAVAILABLE,
                                    Reason::kKeysUnavailable, absl::Minutes(1));
  }});
  const Ran ran =
      RunUsher({"verify", "--json", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("undecided: KEYS_UNAVAILABLE"), HasSubstr("1m"),
                    Not(HasSubstr("KEYS_UNAVAILABLE: KEYS_UNAVAILABLE")),
                    HasSubstr("usher issuers")));
  EXPECT_THAT(ran.out, HasJson("undecided.reason", "\"KEYS_UNAVAILABLE\""));
}

TEST(UsherVerify, ExplainsAnInvalidRequest) {
  ScriptedServer server({.verify = [](const auto&, auto&) {
    return testing::BadRequestStatus("audiences", "name one");
  }});
  const Ran ran = RunUsher({"verify", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("audiences: name one"));
}

TEST(UsherVerify, ExplainsAnUnreachableServer) {
  const Ran ran = RunUsher({"verify", "--server", "127.0.0.1:1"}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, AllOf(StartsWith("usher: cannot reach 127.0.0.1:1: "),
                             HasSubstr("check that usherd runs"),
                             HasSubstr("--server"), HasSubstr("--ca")));
}

TEST(UsherVerify, ReadsTheTokenFromAFile) {
  ScriptedServer server({.verify = testing::SayVerified});
  const std::string path = testing::NewDirectory() + "/token";
  testing::WriteFile(path, "a.b.c\n");
  const Ran ran = RunUsher(
      {"verify", base::StrCat("@", path), "--server", server.address()});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_EQ(server.verify_requests().at(0).token(), "a.b.c");
}

TEST(UsherVerify, WarnsAboutATokenOnTheCommandLine) {
  ScriptedServer server({.verify = testing::SayVerified});
  const Ran ran = RunUsher({"verify", "--server", server.address(),
                            "--audience", "orders", "a.b.c"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, HasSubstr("can be seen by other users"));
}

TEST(UsherVerify, SendsNoTokenUnencryptedByDefault) {
  // No server answers there. The client tries TLS, so it sends no token.
  const Ran ran = RunUsher(
      {"verify", "--server", "192.0.2.1:9443", "--timeout", "10ms"}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, Not(HasSubstr("unencrypted")));
  const Ran loud = RunUsher({"verify", "--server", "192.0.2.1:9443",
                             "--timeout", "10ms", "--insecure-plaintext"},
                            "a.b.c");
  EXPECT_THAT(loud.err, HasSubstr("unencrypted"));
}

}  // namespace
}  // namespace usher
