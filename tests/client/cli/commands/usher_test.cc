// The program `usher`, run as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"
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

std::string Unsigned(std::string_view header, std::string_view claims) {
  return base::StrCat(json::EncodeBase64Url(header), ".",
                      json::EncodeBase64Url(claims), ".c2ln");
}

TEST(UsherIntrospect, PrintsTheMembersOfRfc7662) {
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

TEST(UsherInspect, ShowsATokenAndSaysThatItIsNotVerified) {
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

TEST(UsherInspect, SaysWhichPartIsMalformed) {
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

grpc::Status FetchAllButPartner(const v1::RefreshKeysRequest& request,
                                v1::RefreshKeysResponse& response) {
  EXPECT_TRUE(request.all_issuers());
  v1::RefreshedIssuer& corp = *response.add_issuers();
  corp.set_name("corp");
  corp.add_keys()->set_key_id("key-2");
  corp.add_added()->set_key_id("key-2");
  corp.add_removed()->set_key_id("key-1");
  corp.add_removed()->set_thumbprint("thumb");
  v1::RefreshedIssuer& partner = *response.add_issuers();
  partner.set_name("partner");
  partner.set_error("connection refused");
  return grpc::Status::OK;
}

TEST(UsherRefreshKeys, ShowsAddedAndRemovedKeysAndErrors) {
  ScriptedServer server({.refresh_keys = FetchAllButPartner});
  Ran ran = RunUsher({"refresh-keys", "--all", "--admin", server.address()});
  EXPECT_EQ(ran.status, 3) << "partner could not be asked";
  EXPECT_EQ(ran.out,
            "NAME     KEYS  ADDED  REMOVED       ERROR\n"
            "corp     1     key-2  key-1, thumb  -\n"
            "partner  0     -      -             connection refused\n");
  ran = RunUsher(
      {"refresh-keys", "--all", "--json", "--admin", server.address()});
  EXPECT_THAT(ran.out, HasSubstr("\"error\": \"connection refused\""));
}

TEST(UsherRefreshKeys, AsksForTheNamedIssuers) {
  ScriptedServer server(
      {.refresh_keys = [](const auto& request, auto& response) {
        EXPECT_THAT(request.issuer_names(), ElementsAre("corp", "partner"));
        EXPECT_FALSE(request.all_issuers());
        response.add_issuers()->set_name("corp");
        return grpc::Status::OK;
      }});
  const Ran ran = RunUsher(
      {"refresh-keys", "corp", "partner", "--admin", server.address()});
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(UsherRefreshKeys, NeedsIssuerNamesOrAll) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"refresh-keys"},
        std::vector<std::string>{"refresh-keys", "corp", "--all"}}) {
    const Ran ran = RunUsher(words);
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, HasSubstr("or use --all"));
  }
}

TEST(UsherHealth, PrintsWhetherUsherdIsServing) {
  ScriptedServer server({}, {.health_service = true});
  server.SetServing(true);
  Ran ran = RunUsher({"health", "--server", server.address()});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "SERVING\n");
  server.SetServing(false);
  ran = RunUsher({"health", "--server", server.address()});
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_EQ(ran.out, "NOT_SERVING\n");
}

TEST(UsherHealth, IsUndecidedWithoutAnAnswer) {
  ScriptedServer server({});  // no health service
  Ran ran = RunUsher({"health", "--server", server.address()});
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(ran.err, HasSubstr("check that usherd listens there"));
  ran = RunUsher({"health", "--server", "127.0.0.1:1", "--timeout", "2s"});
  EXPECT_EQ(ran.status, 3);
  EXPECT_THAT(ran.err, HasSubstr("cannot reach 127.0.0.1:1"));
}

TEST(UsherCheckConfig, PrintsEveryError) {
  const std::string path = testing::NewDirectory() + "/usher.yaml";
  testing::WriteFile(path, "listen: 127.0.0.1:9443\nissuers: []\nfrob: 1\n");
  Ran ran = RunUsher({"check-config", path});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("issuers"), HasSubstr("frob"),
                             HasSubstr("2 errors"), IsPlain()));
  ran = RunUsher({"check-config", "--json", path});
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.out, HasJson("warnings", "[]"));
}

TEST(UsherCheckConfig, PrintsThatThereAreNoErrors) {
  const std::string path = testing::NewDirectory() + "/usher.yaml";
  testing::WriteFile(path,
                     "issuers:\n"
                     "  - name: corp\n"
                     "    issuer: https://login.example.com\n"
                     "    audiences: [orders]\n"
                     "    keys: {discovery: true}\n");
  const Ran ran = RunUsher({"check-config", path});
  EXPECT_EQ(ran.status, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("OK, 1 issuer\n"));
}

TEST(Usher, ColoursOnlyATerminalThatAllowsIt) {
  if (const auto why = testing::WhyNoTerminal()) GTEST_SKIP() << *why;
  const std::string token = Unsigned(R"({"alg":"none"})", "{}");
  const Ran coloured = testing::RunUsherOnATerminal({"inspect"}, token);
  EXPECT_EQ(coloured.status, 0);
  EXPECT_THAT(coloured.out, AllOf(HasSubstr("NOT VERIFIED"), Not(IsPlain())));
  const Ran plain =
      testing::RunUsherOnATerminal({"inspect"}, token, {"NO_COLOR=1"});
  EXPECT_THAT(plain.out, AllOf(HasSubstr("NOT VERIFIED"), IsPlain()));
}

TEST(Usher, PrintsItsVersion) {
  const Ran ran = RunUsher({"--version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, StartsWith("usher 0."));
}

TEST(Usher, HelpShowsExamplesOfEveryCommand) {
  for (const char* command :
       {"verify", "introspect", "inspect", "explain", "issuers", "check-config",
        "revoke", "unrevoke", "revocations"}) {
    const Ran ran = RunUsher({command, "--help"});
    EXPECT_EQ(ran.status, 0) << command;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("Examples:"),
                               HasSubstr(base::StrCat("usher ", command)),
                               HasSubstr("Exit status:"), IsPlain()));
    EXPECT_THAT(RunUsher({"--help"}).out, HasSubstr(command));
  }
}

TEST(Usher, ExplainsCommandLineErrors) {
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
