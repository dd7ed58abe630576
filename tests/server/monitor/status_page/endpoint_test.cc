#include "server/monitor/status_page/endpoint.h"

#include <string>

#include "server/monitor/status_page/files.h"
#include "tests/server/monitor/status_page/page_fixture.h"

namespace usher::status_page {
namespace {

using httpd::Request;
using httpd::Response;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(StatusPage, ServesThePageAndEachOfItsFiles) {
  Page page;
  for (const File& file : Files()) {
    const Response answer = page.Ask(Asking("GET", std::string(file.path)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, file.content_type);
    EXPECT_EQ(answer.body, file.content);
    EXPECT_GT(answer.body.size(), 100u) << file.path;
  }
  EXPECT_THAT(page.Ask(Asking("GET", "/")).body, StartsWith("<!doctype html>"));
  EXPECT_EQ(page.Ask(Asking("HEAD", "/")).status, 200);
}

TEST(StatusPage, LoadsNothingFromElsewhere) {
  for (const File& file : Files()) {
    std::string text(file.content);
    // A name, not an address.
    const std::string kName = "http://www.w3.org/2000/svg";
    for (size_t at; (at = text.find(kName)) != std::string::npos;) {
      text.erase(at, kName.size());
    }
    EXPECT_THAT(text,
                AllOf(Not(HasSubstr("http:")), Not(HasSubstr("https:")),
                      Not(HasSubstr("innerHTML")), Not(HasSubstr("eval")),
                      Not(HasSubstr("Storage")), Not(HasSubstr(" style=")),
                      Not(HasSubstr(" onclick="))))
        << file.path;
  }
}

TEST(StatusPage, AnswersEverythingWithTheHeadersThatGuardIt) {
  Page page;
  for (const Request& request :
       {Asking("GET", "/"), Asking("GET", "/api/status"), Posting("{}"),
        Asking("GET", "/nowhere"), Asking("PUT", "/"),
        Asking("GET", "/", {{"host", "evil.example"}})}) {
    const Headers headers = page.Ask(request).headers;
    const std::string policy = Value(headers, "Content-Security-Policy");
    EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'self';"));
    EXPECT_THAT(policy, AllOf(HasSubstr("frame-ancestors 'none'"),
                              HasSubstr("form-action 'none'"),
                              HasSubstr("base-uri 'none'"),
                              Not(HasSubstr("unsafe")), Not(HasSubstr("*"))));
    EXPECT_EQ(Value(headers, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(Value(headers, "Cross-Origin-Resource-Policy"), "same-origin");
    for (const auto& [name, value] : headers) {
      EXPECT_THAT(name, Not(StartsWith("Access-Control")));
    }
  }
}

TEST(StatusPage, AcceptsOnlyTheMethodOfEachPath) {
  Page page;
  const Headers json = {{"content-type", "application/json"}};
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    for (const char* path : {"/", "/page.js", "/api/status"}) {
      const Response answer = page.Ask(Asking(method, path, json));
      EXPECT_EQ(answer.status, 405) << method << path;
      EXPECT_EQ(Value(answer.headers, "Allow"), "GET, HEAD");
    }
  }
  for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS"}) {
    const Response answer = page.Ask(Asking(method, "/api/explain"));
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(Value(answer.headers, "Allow"), "POST");
  }
  for (const char* path : {"/metrics", "/page.html", "/api", "/api/", "//",
                           "/../page.js", "/API/status", ""}) {
    EXPECT_EQ(page.Ask(Asking("GET", path)).status, 404) << path;
  }
}

TEST(StatusPage, ShowsWhatTheFileSaysThatIsNotActive) {
  Page page({.warnings = {"insecure_x: y"}});
  page.service.reloads.OnApplied(page.service.clock.Now(), {"listen"});
  page.service.reloads.OnRefused(2);
  EXPECT_THAT(
      page.Ask(Asking("GET", "/api/status")).body,
      HasSubstr(R"("warnings":[{"text":"insecure_x: y","issuers":0},)"
                R"({"text":"The configuration file was refused: it has 2 )"
                R"(errors, which the log shows. The configuration before it )"
                R"(stays active.","issuers":0},{"text":"listen: changed; )"
                R"(the new value needs a restart","issuers":0}])"));
}

TEST(StatusPage, ShowsHowManyRevocationsThereAre) {
  Page page({.revocations = true});
  EXPECT_THAT(page.Ask(Asking("GET", "/api/status")).body,
              HasSubstr(R"("revocations":{"entries":0,"limit":1000000,)"
                        R"("store_errors":0})"));
}

TEST(StatusPage, ShowsTheStateOfUsherd) {
  Page page(
      {.warnings = {"insecure_allow_plaintext: \"<b>\"",
                    "issuers[0].insecure_x: y", "issuers[10].insecure_x: y"}});
  const Response answer = page.Ask(Asking("GET", "/api/status"));
  EXPECT_EQ(answer.status, 200);
  json::Reader reader;
  const auto root = reader.Parse(answer.body);
  ASSERT_TRUE(root) << reader.error();
  EXPECT_EQ(root->Find("ready")->Bool(), true);
  EXPECT_EQ(root->Find("generation")->Integer(), 1);
  EXPECT_EQ(root->Find("in_flight")->Integer(), 0);
  EXPECT_EQ(
      *root->Find("now")->Integer() - *root->Find("started_at")->Integer(),
      3 * 60 * 1000);
  EXPECT_EQ(root->Find("warnings")->Text(),
            R"([{"text":"insecure_allow_plaintext: \"<b>\"","issuers":0},)"
            R"({"text":"insecure_x: y","issuers":2}])");
  EXPECT_EQ(root->Find("token_cache")->Find("entries")->Integer(), 0);
  EXPECT_FALSE(root->Find("revocations"));
  EXPECT_EQ(root->Find("verdicts")->Find("slice_seconds")->Integer(), 5);
  EXPECT_EQ(root->Find("issuers")->Find("ready")->Integer(), 1);
  EXPECT_THAT(answer.body,
              HasSubstr(R"("name":"corp","issuer":"https://issuer.test",)"
                        R"("state":"ready","required":true)"));
  EXPECT_THAT(answer.body,
              HasSubstr(R"("kid":"key-1","algorithms":["ES256"])"));
}

TEST(StatusPage, ShowsVerdictsByResult) {
  Page page;
  page.service.counters.OnVerdict("corp", Reason::kTokenExpired,
                                  verify::VerdictSource::kLocal, false,
                                  absl::ZeroDuration());
  page.monitored.history.Update(
      server::VerdictHistory::Time{} + std::chrono::seconds(5),
      [&] { return page.service.counters.verdicts.Sum(); });
  const std::string body = page.Ask(Asking("GET", "/api/status")).body;
  EXPECT_THAT(body, HasSubstr(R"({"result":"VERIFIED","kind":"verified",)"));
  EXPECT_THAT(body, HasSubstr(R"({"result":"TOKEN_EXPIRED","kind":"denied",)"));
  EXPECT_THAT(body, HasSubstr(R"("counts":[1]})"));
}

TEST(StatusPage, NamesTheIssuersWithoutKeys) {
  Page page({.keys_inline = false});
  const std::string body = page.Ask(Asking("GET", "/api/status")).body;
  EXPECT_THAT(body, HasSubstr(R"("ready":false,"draining":false,)"
                              R"("lacking":["corp"],"lacking_total":1)"));
  EXPECT_THAT(body, HasSubstr(R"("state":"down")"));
}

TEST(StatusPage, ShowsThatItDrains) {
  Page page;
  page.monitored.readiness.Drain();
  EXPECT_THAT(page.Ask(Asking("GET", "/api/status")).body,
              HasSubstr(R"("ready":false,"draining":true)"));
}

}  // namespace
}  // namespace usher::status_page
