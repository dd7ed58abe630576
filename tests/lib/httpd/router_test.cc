#include "lib/httpd/router.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/httpd/server.h"
#include "tests/lib/httpd/raw_client.h"
#include "tests/lib/httpd/response_of.h"

namespace usher::httpd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

Handler Saying(std::string text) {
  return [text = std::move(text)](const Request& request) -> Response {
    return {.body = text + request.body};
  };
}

Router Routes() {
  Router router("the routes are /a and /b\n");
  router.Add("GET", "/a", Saying("get a"))
      .Add("POST", "/a", Saying("post a "))
      .Add("POST", "/b", [](Request request, Respond respond) {
        respond({.body = "async " + request.body});
      });
  return router;
}

Response Ask(std::string method, std::string path, std::string body = "") {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  return ResponseOf(Routes(), std::move(request));
}

TEST(Router, FindsTheHandlerByMethodAndPath) {
  EXPECT_EQ(Ask("GET", "/a").body, "get a");
  EXPECT_EQ(Ask("POST", "/a", "x").body, "post a x");
  EXPECT_EQ(Ask("POST", "/b", "x").body, "async x");
}

TEST(Router, AGetRouteAnswersHead) {
  EXPECT_EQ(Ask("HEAD", "/a").status, 200);
  EXPECT_EQ(Ask("HEAD", "/b").status, 405);
}

TEST(Router, APathWithoutRouteIs404) {
  for (const char* path : {"", "/", "/a/", "/A", "/c"}) {
    const Response response = Ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body, "the routes are /a and /b\n");
  }
}

TEST(Router, AMethodWithoutRouteIs405WithAllow) {
  const Response both = Ask("DELETE", "/a");
  EXPECT_EQ(both.status, 405);
  EXPECT_EQ(both.body, "only GET, HEAD, POST\n");
  EXPECT_THAT(both.headers, ElementsAre(Pair("Allow", "GET, HEAD, POST")));
  const Response post = Ask("GET", "/b");
  EXPECT_EQ(post.status, 405);
  EXPECT_THAT(post.headers, ElementsAre(Pair("Allow", "POST")));
}

TEST(Router, MethodsAreCaseSensitive) {  // RFC 9110 section 9.1
  EXPECT_EQ(Ask("get", "/a").status, 405);
}

TEST(Router, TheLastRouteForAMethodAndPathCounts) {
  Router router("");
  router.Add("GET", "/", Saying("first")).Add("GET", "/", Saying("second"));
  EXPECT_EQ(ResponseOf(router, {.method = "GET", .path = "/"}).body, "second");
}

TEST(Router, IsTheHandlerOfAServer) {
  auto server = Server::Start({.listen = "127.0.0.1:0"}, Routes());
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->port();
  EXPECT_THAT(httpd::Ask(port, "GET /a?x=1 HTTP/1.1"), EndsWith("get a"));
  const std::string head = httpd::Ask(port, "HEAD /a HTTP/1.1");
  EXPECT_THAT(head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(head, Not(EndsWith("get a")));
  EXPECT_THAT(httpd::Ask(port, "GET /b HTTP/1.1"), StartsWith("HTTP/1.1 405 "));
}

}  // namespace
}  // namespace usher::httpd
