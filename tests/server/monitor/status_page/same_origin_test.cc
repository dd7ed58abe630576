#include "server/monitor/status_page/same_origin.h"

#include "tests/server/monitor/status_page/page_fixture.h"

namespace usher::status_page {
namespace {

using httpd::Request;

// 0 if it is accepted.
int Refused(const Request& request) {
  const auto refusal = Refuse(request);
  return refusal ? refusal->status : 0;
}

TEST(StatusPageOrigin, AcceptsOnlyHostsThatNoSiteCanPointHere) {
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

TEST(StatusPageOrigin, AcceptsOnlyItsOwnOrigin) {
  EXPECT_EQ(Refused(Posting("{}")), 0);  // not a browser
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

TEST(StatusPageOrigin, LetsOtherSitesLinkToThePageOnly) {
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

TEST(StatusPageOrigin, AcceptsNothingThatAFormCanSend) {
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

}  // namespace
}  // namespace usher::status_page
