// The program `usher`, run as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/strings.h"
#include "lib/jose/base64url.h"
#include "lib/jose/json.h"
#include "tests/client/run_program.h"
#include "tests/client/scripted_server.h"

namespace usher {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Ran;
using testing::RunUsher;
using testing::ScriptedServer;
using ::testing::StartsWith;

// No colours, no cursor movements.
MATCHER(IsPlain, "") { return arg.find('\033') == std::string::npos; }

MATCHER_P2(HasJson, path, value, "") {
  jose::JsonReader reader;
  auto found = reader.Parse(arg);
  std::string_view rest = path;
  while (found && !rest.empty()) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    found = found->Find(rest.substr(0, dot));
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  return found && found->Text() == value;
}

std::string Unsigned(std::string_view header, std::string_view claims) {
  return base::StrCat(jose::EncodeBase64Url(header), ".",
                      jose::EncodeBase64Url(claims), ".c2ln");
}

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

TEST(UsherVerify, TakesAReasonItDoesNotKnowForADenial) {
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

TEST(UsherVerify, SaysWhatIsUndecided) {
  ScriptedServer server({.verify = [](const auto&, auto&) {
    return testing::UndecidedStatus(grpc::StatusCode::UNAVAILABLE,
                                    base::Reason::kKeysUnavailable,
                                    absl::Minutes(1));
  }});
  const Ran ran =
      RunUsher({"verify", "--json", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("undecided: KEYS_UNAVAILABLE"), HasSubstr("1m")));
  EXPECT_THAT(ran.out, HasJson("undecided.reason", "\"KEYS_UNAVAILABLE\""));
}

TEST(UsherVerify, SaysWhatIsWrongWithTheQuestion) {
  ScriptedServer server({.verify = [](const auto&, auto&) {
    return testing::BadRequestStatus("audiences", "name one");
  }});
  const Ran ran = RunUsher({"verify", "--server", server.address()}, "a.b.c");
  EXPECT_EQ(ran.status, 2);
  EXPECT_THAT(ran.err, HasSubstr("audiences: name one"));
}

TEST(UsherVerify, SaysThatNobodyIsThereAndWhatToTry) {
  const Ran ran = RunUsher({"verify", "--server", "127.0.0.1:1"}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, AllOf(StartsWith("usher: cannot reach 127.0.0.1:1: "),
                             HasSubstr("is usherd running"),
                             HasSubstr("--server"), HasSubstr("--ca")));
}

TEST(UsherVerify, TakesTheTokenFromAFile) {
  ScriptedServer server({.verify = testing::SayVerified});
  const std::string path = testing::NewDirectory() + "/token";
  testing::WriteFile(path, "a.b.c\n");
  const Ran ran = RunUsher(
      {"verify", base::StrCat("@", path), "--server", server.address()});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_EQ(server.verify_requests().at(0).token(), "a.b.c");
}

TEST(UsherVerify, WarnsOfATokenThatOthersCanSee) {
  ScriptedServer server({.verify = testing::SayVerified});
  const Ran ran = RunUsher({"verify", "--server", server.address(), "a.b.c"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.err, HasSubstr("can be seen by other users"));
}

TEST(UsherVerify, DoesNotSendATokenInTheClearUnlessToldSo) {
  // Nobody answers there, and nothing is sent: TLS is what is tried.
  const Ran ran = RunUsher(
      {"verify", "--server", "192.0.2.1:9443", "--timeout", "10ms"}, "a.b.c");
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, Not(HasSubstr("in the clear")));
  const Ran loud = RunUsher({"verify", "--server", "192.0.2.1:9443",
                             "--timeout", "10ms", "--insecure-plaintext"},
                            "a.b.c");
  EXPECT_THAT(loud.err, HasSubstr("in the clear"));
}

TEST(UsherIntrospect, PrintsWhatTheStandardNames) {
  ScriptedServer server({.introspect = [](const auto& request, auto& response) {
    if (request.token() == "bad") return grpc::Status::OK;
    response.set_active(true);
    response.set_sub("alice");
    response.set_exp(1'767'225'900);
    return grpc::Status::OK;
  }});
  Ran ran = RunUsher({"introspect", "--server", server.address()}, "good");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(StartsWith("active\n"), HasSubstr("alice")));
  ran = RunUsher({"introspect", "--server", server.address()}, "bad");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, StartsWith("not active\n"));
  ran = RunUsher({"introspect", "--json", "--server", server.address()}, "bad");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasJson("active", "false"));
}

TEST(UsherInspect, ShowsATokenAndSaysThatNobodyVerifiedIt) {
  const Ran ran = RunUsher(
      {"inspect"}, Unsigned(R"({"alg":"ES256","kid":"k"})",
                            R"({"iss":"https://i","sub":"\u001b[31mx"})"));
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.out, AllOf(StartsWith("NOT VERIFIED"), HasSubstr("https://i"),
                             HasSubstr("\\u{1b}[31mx"),
                             HasSubstr("never expires"), IsPlain()));
}

TEST(UsherInspect, PrintsJson) {
  const Ran ran = RunUsher({"inspect", "--json"},
                           Unsigned(R"({"alg":"none"})", R"({"sub":"a"})"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, HasJson("verified", "false"));
  EXPECT_THAT(ran.out, HasJson("claims.sub", "\"a\""));
}

TEST(UsherInspect, SaysWhichPartIsWrong) {
  const Ran ran = RunUsher({"inspect"}, "eyJhbGciOiJFUzI1NiJ9.e30=.c2ln");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasSubstr("the claims part has padding"));
}

grpc::Status SayEveryOutcome(const v1::ExplainRequest& request,
                             v1::ExplainResponse& response) {
  EXPECT_THAT(request.request().audiences(), ElementsAre("orders"));
  const auto add = [&](std::string name, v1::Check::Outcome outcome) {
    v1::Check& check = *response.add_checks();
    check.set_name(name);
    check.set_outcome(outcome);
    return &check;
  };
  add("form", v1::Check::PASSED);
  add("signature", v1::Check::FAILED)->set_reason(v1::SIGNATURE_INVALID);
  add("time", v1::Check::NOT_REACHED);
  v1::Denial& denial = *response.mutable_response()->mutable_denial();
  denial.set_reason(v1::SIGNATURE_INVALID);
  denial.set_message("the signature does not hold");
  return grpc::Status::OK;
}

TEST(UsherExplain, ListsEveryCheckInOrder) {
  ScriptedServer server({.explain = SayEveryOutcome});
  Ran ran =
      RunUsher({"explain", "--audience", "orders", "--admin", server.address()},
               "a.b.c");
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("passed       form\n"
                                  "FAILED       signature  SIGNATURE_INVALID\n"
                                  "not reached  time\n"
                                  "\n"
                                  "denied  SIGNATURE_INVALID: "));
  ran = RunUsher({"explain", "--json", "--audience", "orders", "--admin",
                  server.address()},
                 "a.b.c");
  EXPECT_THAT(ran.out,
              HasJson("response.denial.reason", "\"SIGNATURE_INVALID\""));
}

TEST(UsherIssuers, PrintsATable) {
  ScriptedServer server({.list_issuers = [](const auto&, auto& response) {
    v1::IssuerStatus& issuer = *response.add_issuers();
    issuer.set_name("corp");
    issuer.set_issuer("https://login.example.com");
    issuer.set_ready(true);
    issuer.add_keys()->set_type("EC");
    v1::IssuerStatus& other = *response.add_issuers();
    other.set_name("partner");
    other.set_issuer("https://partner.example.com");
    other.set_last_error("connection refused");
    other.set_consecutive_failures(3);
    return grpc::Status::OK;
  }});
  Ran ran = RunUsher({"issuers", "--admin", server.address()});
  EXPECT_EQ(ran.status, 1) << "partner has no keys";
  EXPECT_THAT(ran.out,
              AllOf(StartsWith("NAME     ISSUER "), HasSubstr("NO KEYS"),
                    HasSubstr("connection refused (3 in a row)")));
  ran = RunUsher({"issuers", "--json", "--admin", server.address()});
  EXPECT_THAT(ran.out, HasJson("configurationGeneration", "\"0\""));
}

TEST(UsherCheckConfig, NamesEveryFault) {
  const std::string path = testing::NewDirectory() + "/usher.yaml";
  testing::WriteFile(path, "listen: 127.0.0.1:9443\nissuers: []\nfrob: 1\n");
  Ran ran = RunUsher({"check-config", path});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("issuers"), HasSubstr("frob"),
                             HasSubstr("2 faults"), IsPlain()));
  ran = RunUsher({"check-config", "--json", path});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasJson("warnings", "[]"));
}

TEST(UsherCheckConfig, SaysThatAllIsFine) {
  const std::string path = testing::NewDirectory() + "/usher.yaml";
  testing::WriteFile(path,
                     "issuers:\n"
                     "  - name: corp\n"
                     "    issuer: https://login.example.com\n"
                     "    audiences: [orders]\n"
                     "    keys: {discovery: true}\n");
  const Ran ran = RunUsher({"check-config", path});
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("fine, 1 issuer\n"));
}

TEST(Usher, SaysItsVersion) {
  const Ran ran = RunUsher({"--version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, StartsWith("usher 0."));
}

TEST(Usher, HelpsWithExamplesOfEveryCommand) {
  for (const char* command : {"verify", "introspect", "inspect", "explain",
                              "issuers", "check-config"}) {
    const Ran ran = RunUsher({command, "--help"});
    EXPECT_EQ(ran.status, 0) << command;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Examples:"),
                               HasSubstr(base::StrCat("usher ", command)),
                               HasSubstr("Exit status:"), IsPlain()));
    EXPECT_THAT(RunUsher({"--help"}).out, HasSubstr(command));
  }
}

TEST(Usher, SaysWhatIsWrongWithTheCommandLine) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"frob"},
      {"verify", "--frob"},
      {"verify", "--kind", "refresh"},
      {"verify", "--server", "https://usher"},
      {"verify", "--timeout", "soon"},
      {"verify", "--cert", "/nonexistent"},
      {"verify", "--ca", "/nonexistent"},
      {"verify", "@/nonexistent"},
      {"verify"},  // an empty standard input
      {"inspect", "--server", "127.0.0.1:1"},
      {"check-config"},
      {"check-config", "a", "b"},
  };
  for (const auto& arguments : wrong) {
    const Ran ran = RunUsher(arguments);
    const std::string line =
        ::testing::PrintToString(arguments) + "\n" + ran.err;
    EXPECT_EQ(ran.status, 2) << line;
    EXPECT_THAT(ran.out, IsEmpty()) << line;
    EXPECT_THAT(ran.err, Not(IsEmpty())) << line;
  }
}

}  // namespace
}  // namespace usher
