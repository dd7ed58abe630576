#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/jose/json.h"
#include "server/status_page/door.h"
#include "server/status_page/endpoint.h"
#include "server/status_page/files.h"
#include "server/status_page/issuer_list.h"
#include "tests/lib/httpd/raw_client.h"
#include "tests/server/harness.h"

namespace usher::status_page {
namespace {

using httpd::Request;
using httpd::Response;
using server::Harness;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr char kHost[] = "127.0.0.1:9465";

Request Asking(std::string method, std::string path, Headers headers = {}) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  if (!request.Header("host")) request.headers.push_back({"host", kHost});
  return request;
}

Request Posting(std::string body, Headers headers = {}) {
  headers.push_back({"content-type", "application/json"});
  Request request = Asking("POST", "/api/explain", std::move(headers));
  request.body = std::move(body);
  return request;
}

// 0 where it may come in.
int Refused(const Request& request) {
  const auto refusal = Refuse(request);
  return refusal ? refusal->status : 0;
}

TEST(StatusPageDoor, TakesOnlyHostsThatNoSiteCanPointHere) {
  for (const char* host :
       {"127.0.0.1:9465", "127.0.0.1", "localhost:9465", "localhost",
        "LOCALHOST:80", "[::1]:9465", "[::1]", "10.1.2.3:18465"}) {
    EXPECT_EQ(Refused(Asking("GET", "/", {{"host", host}})), 0) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:9465", "127.0.0.1.evil.example",
        "localhost.evil.example", "localhost.", "127.0.0.1@evil.example", "",
        "127.1", "2130706433", "0x7f000001", "::1", "[localhost]", "unix:/x",
        "127.0.0.1:99999", "127.0.0.1 evil.example", "usher:9465"}) {
    EXPECT_EQ(Refused(Asking("GET", "/", {{"host", host}})), 421) << host;
  }
  EXPECT_EQ(Refused(Asking("GET", "/", {{"host", kHost}, {"host", kHost}})),
            421);
  Request none = Asking("GET", "/");
  none.headers.clear();
  EXPECT_EQ(Refused(none), 421);
}

TEST(StatusPageDoor, TakesOnlyItsOwnOrigin) {
  EXPECT_EQ(Refused(Posting("{}")), 0);  // no browser
  for (const char* origin :
       {"http://127.0.0.1:9465", "https://127.0.0.1:9465"}) {
    EXPECT_EQ(Refused(Posting("{}", {{"origin", origin}})), 0) << origin;
  }
  for (const char* origin :
       {"http://127.0.0.1:9464", "http://127.0.0.1", "http://localhost:9465",
        "http://evil.example", "http://127.0.0.1:9465.evil.example", "null", "",
        "http://127.0.0.1:9465/", "file://"}) {
    EXPECT_EQ(Refused(Posting("{}", {{"origin", origin}})), 403) << origin;
    EXPECT_EQ(Refused(Asking("GET", "/api/status", {{"origin", origin}})), 403)
        << origin;
  }
  EXPECT_EQ(Refused(Posting("{}", {{"origin", "http://127.0.0.1:9465"},
                                   {"origin", "http://evil.example"}})),
            403);
}

TEST(StatusPageDoor, LetsOtherSitesLinkToThePageAndNoMore) {
  const auto from = [](const char* site, const char* mode) {
    return Headers{{"sec-fetch-site", site}, {"sec-fetch-mode", mode}};
  };
  EXPECT_EQ(Refused(Asking("GET", "/", from("none", "navigate"))), 0);
  EXPECT_EQ(Refused(Asking("GET", "/", from("cross-site", "navigate"))), 0);
  EXPECT_EQ(Refused(Asking("GET", "/page.js", from("same-origin", "cors"))), 0);
  for (const char* site : {"cross-site", "same-site", "", "x"}) {
    EXPECT_EQ(Refused(Asking("GET", "/", from(site, "no-cors"))), 403);
    EXPECT_EQ(Refused(Asking("GET", "/page.js", from(site, "no-cors"))), 403);
    EXPECT_EQ(Refused(Asking("GET", "/api/status", from(site, "navigate"))),
              403);
    EXPECT_EQ(Refused(Posting("{}", from(site, "navigate"))), 403);
  }
}

TEST(StatusPageDoor, TakesNothingThatAFormCanSend) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data", "", "application/json-x",
                           "x application/json"}) {
    EXPECT_EQ(Refused(Asking("POST", "/api/explain", {{"content-type", type}})),
              415)
        << type;
  }
  EXPECT_EQ(Refused(Asking("POST", "/api/explain")), 415);
  EXPECT_EQ(
      Refused(Asking("POST", "/api/explain",
                     {{"content-type", "Application/JSON; charset=utf-8"}})),
      0);
}

struct Page {
  explicit Page(Harness::Options options = {}) : service(options) {}

  Response Ask(const Request& request) { return Answer(Parts(), request); }
  Sources Parts() {
    return {service.issuers,
            service.verifier,
            service.cache,
            service.tallies,
            history,
            readiness,
            service.clock,
            service.clock.Now() - absl::Minutes(3),
            [this] { return warnings; }};
  }
  // The inspector's answer to a body.
  std::string Explain(std::string body, int status = 200) {
    const Response answer = Ask(Posting(std::move(body)));
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
    jose::JsonReader reader;
    EXPECT_TRUE(reader.Parse(answer.body)) << reader.fault();
    return answer.body;
  }

  Harness service;
  base::Log log{service.clock, base::LogLevel::kError, [](std::string_view) {}};
  server::Readiness readiness{service.issuers, service.clock, log, [](bool) {}};
  server::VerdictHistory history{{}};
  std::vector<std::string> warnings;
};

std::string Value(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

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

TEST(StatusPage, AsksForNothingFromElsewhere) {
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

TEST(StatusPage, TakesEachPathByItsOwnMethodOnly) {
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

TEST(StatusPage, TellsHowUsherdStands) {
  Page page;
  page.warnings = {"insecure_allow_plaintext: \"<b>\"",
                   "issuers[0].insecure_x: y", "issuers[10].insecure_x: y"};
  const Response answer = page.Ask(Asking("GET", "/api/status"));
  EXPECT_EQ(answer.status, 200);
  jose::JsonReader reader;
  const auto root = reader.Parse(answer.body);
  ASSERT_TRUE(root) << reader.fault();
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
  EXPECT_EQ(root->Find("verdicts")->Find("slice_seconds")->Integer(), 5);
  EXPECT_EQ(root->Find("issuers")->Find("ready")->Integer(), 1);
  EXPECT_THAT(answer.body,
              HasSubstr(R"("name":"corp","issuer":"https://issuer.test",)"
                        R"("state":"ready","required":true)"));
  EXPECT_THAT(answer.body,
              HasSubstr(R"("kid":"key-1","algorithms":["ES256"])"));
}

TEST(StatusPage, TellsVerdictsByResult) {
  Page page;
  page.service.tallies.OnVerdict("corp", base::Reason::kTokenExpired,
                                 verify::Path::kLocal, false,
                                 absl::ZeroDuration());
  page.history.Look(server::VerdictHistory::Time{} + std::chrono::seconds(5),
                    [&] { return page.service.tallies.CountVerdicts(); });
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

TEST(StatusPage, SaysThatItDrains) {
  Page page;
  page.readiness.Drain();
  EXPECT_THAT(page.Ask(Asking("GET", "/api/status")).body,
              HasSubstr(R"("ready":false,"draining":true)"));
}

TEST(TokenInspector, ExplainsEachCheckInOrder) {
  Page page;
  const std::string token = page.service.issuer.Mint();
  const std::string body = page.Explain(R"({"token":")" + token + R"("})");
  EXPECT_THAT(body,
              StartsWith(R"({"verdict":"verified","issuer_name":"corp")"));
  size_t at = 0;
  for (const std::string_view name : verify::CheckNames()) {
    const size_t found = body.find("{\"name\":\"" + std::string(name) +
                                   R"(","outcome":"passed")");
    ASSERT_NE(found, std::string::npos) << name;
    EXPECT_GT(found, at);
    at = found;
  }
  EXPECT_THAT(body, Not(HasSubstr(token.substr(token.size() - 20))));
}

TEST(TokenInspector, TellsTheReasonAndWhatToDo) {
  Page page;
  const std::string body = page.Explain(
      R"({"token":")" +
      page.service.issuer.Mint({.claims = R"({"aud":"other"})"}) + R"("})");
  EXPECT_THAT(
      body, StartsWith(R"({"verdict":"denied","reason":"AUDIENCE_MISMATCH")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"audience","outcome":"failed")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"scope","outcome":"not_reached")"));
  EXPECT_THAT(
      body,
      HasSubstr(std::string(
          base::RowOf(base::Reason::kAudienceMismatch).advice.substr(0, 20))));
}

TEST(TokenInspector, SaysWhatCannotBeDecided) {
  Page page({.keys_inline = false});
  const std::string body =
      page.Explain(R"({"token":")" + page.service.issuer.Mint() + R"("})");
  EXPECT_THAT(
      body,
      StartsWith(R"({"verdict":"undecided","reason":"KEYS_UNAVAILABLE")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"key","outcome":"undecided")"));
}

TEST(TokenInspector, AsksWhatTheQuestionAsks) {
  Page page({.audiences = {"orders", "billing"}});
  const std::string token = "\"token\":\"" + page.service.issuer.Mint() + "\"";
  EXPECT_THAT(page.Explain("{" + token + "}", 400),
              HasSubstr(R"({"faults":[{"field":"audiences")"));
  EXPECT_THAT(page.Explain("{" + token + R"(,"audiences":["orders"]})"),
              HasSubstr("verified"));
  EXPECT_THAT(page.Explain("{" + token + R"(,"audiences":["billing"]})"),
              HasSubstr("AUDIENCE_MISMATCH"));
  EXPECT_THAT(page.Explain("{" + token +
                           R"(,"audiences":["orders"],"scopes":["write"]})"),
              HasSubstr("SCOPE_INSUFFICIENT"));
  EXPECT_THAT(page.Explain("{" + token +
                           R"(,"audiences":["orders"],"kind":"id_token"})"),
              HasSubstr("\"verdict\":\"denied\""));
}

TEST(TokenInspector, RefusesWhatIsNoQuestion) {
  Page page;
  for (const char* body :
       {"", "[]", "null", "{\"token\":\"a\"", "{\"token\":\"a\"}x",
        "{\"token\":1}", "{\"token\":\"\"}", "{}", "{\"tokens\":\"a\"}",
        "{\"token\":\"a\",\"token\":\"a\"}",
        "{\"token\":\"a\",\"audiences\":\"a\"}",
        "{\"token\":\"a\",\"audiences\":[1]}",
        "{\"token\":\"a\",\"scopes\":[\"a b\"]}",
        "{\"token\":\"a\",\"kind\":\"refresh_token\"}",
        "{\"token\":\"\xff\"}"}) {
    EXPECT_THAT(page.Explain(body, 400), StartsWith("{\"faults\":[{")) << body;
  }
  std::string many = R"({"token":"a","audiences":["a")";
  for (int i = 0; i < 5000; ++i) many += ",\"a\"";
  page.Explain(many + "]}", 400);
}

TEST(TokenInspector, DeniesTokensThatAreTooLarge) {
  Page page;
  EXPECT_THAT(page.Explain(R"({"token":")" + std::string(17000, 'x') + "\"}"),
              HasSubstr("TOKEN_TOO_LARGE"));
}

// A registry of many, with keys of their own.
struct Many {
  explicit Many(size_t count) {
    std::vector<issuer::Config> configs;
    for (size_t i = 0; i < count; ++i) {
      issuer::Config config;
      config.name = "tenant-" + std::to_string(i);
      config.issuer = "https://" + config.name + ".Example.com";
      config.audiences = {"orders"};
      config.keys = jwks::InlineKeys{issuer.Jwks()};
      // Every hundredth has no keys yet.
      if (i % 100 == 99) config.keys = jwks::JwksUrl{issuer.jwks_uri()};
      configs.push_back(std::move(config));
    }
    registry =
        issuer::Registry::Build(std::move(configs), nullptr,
                                {http, scheduler, executor, clock, tallies});
  }
  std::string List(IssuerFilter filter) {
    return ListIssuers(*registry, filter, clock.Now());
  }
  std::vector<std::string> Names(IssuerFilter filter) {
    jose::JsonReader reader;
    const auto root = reader.Parse(List(filter));
    std::vector<std::string> names;
    root->Find("list")->ForEachElement([&](jose::JsonValue row) {
      names.emplace_back(*row.Find("name")->String());
      return true;
    });
    return names;
  }

  testing::FakeClock clock;
  testing::FakeScheduler scheduler{clock};
  testing::FakeHttp http;
  base::InlineExecutor executor;
  testing::TestIssuer issuer{clock};
  server::Tallies tallies{std::vector<std::string>{}};
  std::unique_ptr<const issuer::Registry> registry;
};

TEST(IssuerList, ShowsAPageOfManyTheWorstFirst) {
  Many many(300);
  EXPECT_THAT(many.Names({.limit = 5}),
              ElementsAre("tenant-99", "tenant-199", "tenant-299", "tenant-0",
                          "tenant-1"));
  EXPECT_THAT(
      many.List({.limit = 5}),
      StartsWith(R"({"total":300,"down":3,"stale":0,"failing":0,)"
                 R"("ready":297,"matching":300,"offset":0,"limit":5,)"));
  EXPECT_THAT(many.Names({.offset = 5, .limit = 2}),
              ElementsAre("tenant-2", "tenant-3"));
}

TEST(IssuerList, FindsByNameAndIdentifierInEitherCase) {
  Many many(300);
  EXPECT_THAT(
      many.Names({.text = "TENANT-29"}),
      ElementsAre("tenant-299", "tenant-29", "tenant-290", "tenant-291",
                  "tenant-292", "tenant-293", "tenant-294", "tenant-295",
                  "tenant-296", "tenant-297", "tenant-298"));
  EXPECT_THAT(many.Names({.text = "-7.example"}), ElementsAre("tenant-7"));
  EXPECT_THAT(many.Names({.only_troubled = true}),
              ElementsAre("tenant-99", "tenant-199", "tenant-299"));
  EXPECT_THAT(many.Names({.text = "nobody"}), ElementsAre());
}

TEST(IssuerList, KeepsPagesWithinTheirBounds) {
  Many many(60);
  EXPECT_EQ(many.Names({.limit = 1'000'000}).size(), kMostIssuers);
  EXPECT_EQ(many.Names({.limit = 0}).size(), 1u);
  EXPECT_THAT(many.List({.offset = 1'000'000, .limit = 25}),
              HasSubstr(R"("offset":50,"limit":25)"));
  EXPECT_THAT(Many(0).List({.offset = 9}),
              StartsWith(R"({"total":0,"down":0,)"));
}

// In bytes, over a socket.
struct Served : Page {
  uint16_t port() const { return server->port(); }
  std::string Ask(const std::string& head, const std::string& body = "") {
    httpd::RawConnection connection(port());
    connection.Send(head + "\r\nConnection: close\r\n\r\n" + body);
    return connection.ReadAll();
  }

  const std::unique_ptr<httpd::Server> server = *Serve("127.0.0.1:0", Parts());
};

constexpr char kPost[] =
    "POST /api/explain HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Content-Type: application/json\r\nContent-Length: ";

TEST(StatusPageServer, ServesItAllOverHttp) {
  Served served;
  EXPECT_THAT(served.Ask("GET / HTTP/1.1\r\nHost: localhost"),
              AllOf(StartsWith("HTTP/1.1 200 "),
                    HasSubstr("Content-Type: text/html; charset=utf-8\r\n"),
                    HasSubstr("X-Content-Type-Options: nosniff\r\n"),
                    HasSubstr("Cache-Control: no-store\r\n")));
  EXPECT_THAT(served.Ask("GET / HTTP/1.1\r\nHost: evil.example"),
              StartsWith("HTTP/1.1 421 "));
  EXPECT_THAT(served.Ask("GET /x HTTP/1.1\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(served.Ask("GET /api/status?limit=x&offset=-1&text=%00 HTTP/1.1"
                         "\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 200 "));
  const std::string body =
      "{\"token\":\"" + served.service.issuer.Mint() + "\"}";
  EXPECT_THAT(served.Ask(kPost + std::to_string(body.size()), body),
              HasSubstr("\"verdict\":\"verified\""));
}

TEST(StatusPageServer, RefusesBodiesThatAreTooLarge) {
  Served served;
  EXPECT_THAT(served.Ask(std::string(kPost) + "1000000"),
              StartsWith("HTTP/1.1 413 "));
}

TEST(StatusPageServer, AnswersWhileManyAreSilentOrSlow) {
  Served served;
  std::vector<std::unique_ptr<httpd::RawConnection>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<httpd::RawConnection>(served.port()));
    silent.back()->Send(i % 2 ? "GET / HT"
                              : std::string(kPost) + "100\r\n\r\n{");
  }
  EXPECT_THAT(served.Ask("GET /api/status HTTP/1.1\r\nHost: 127.0.0.1"),
              StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace usher::status_page
