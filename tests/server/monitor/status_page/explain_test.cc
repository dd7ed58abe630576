#include <string>
#include <string_view>

#include "tests/server/monitor/status_page/page_fixture.h"

namespace usher::status_page {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(TokenInspector, ExplainsEachCheckInOrder) {
  Page page;
  const std::string token = page.service.issuer.Mint();
  const std::string body = page.Explain(R"({"token":")" + token + R"("})");
  EXPECT_THAT(body,
              StartsWith(R"({"verdict":"verified","issuer_name":"corp")"));
  size_t at = 0;
  for (const std::string_view name : token::kCheckNames) {
    const size_t found = body.find("{\"name\":\"" + std::string(name) +
                                   R"(","outcome":"passed")");
    ASSERT_NE(found, std::string::npos) << name;
    EXPECT_GT(found, at);
    at = found;
  }
  EXPECT_THAT(body, Not(HasSubstr(token.substr(token.size() - 20))));
}

TEST(TokenInspector, ShowsTheReasonAndWhatToDo) {
  Page page;
  const std::string body = page.Explain(
      R"({"token":")" +
      page.service.issuer.Mint({.claims = R"({"aud":"other"})"}) + R"("})");
  EXPECT_THAT(
      body, StartsWith(R"({"verdict":"denied","reason":"AUDIENCE_MISMATCH")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"audience","outcome":"failed")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"scope","outcome":"not_reached")"));
  EXPECT_THAT(body,
              HasSubstr(std::string(
                  InfoOf(Reason::kAudienceMismatch).advice.substr(0, 20))));
}

TEST(TokenInspector, ShowsThatATokenIsUndecided) {
  Page page({.keys_inline = false});
  const std::string body =
      page.Explain(R"({"token":")" + page.service.issuer.Mint() + R"("})");
  EXPECT_THAT(
      body,
      StartsWith(R"({"verdict":"undecided","reason":"KEYS_UNAVAILABLE")"));
  EXPECT_THAT(body, HasSubstr(R"({"name":"key","outcome":"undecided")"));
}

TEST(TokenInspector, UsesEveryFieldOfTheRequest) {
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

TEST(TokenInspector, RefusesInvalidRequests) {
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

}  // namespace
}  // namespace usher::status_page
