#include "lib/token/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "lib/base/text/strings.h"

namespace usher::token {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

base::Result<Claims> ReadBy(const Policy& policy, std::string_view json,
                            TokenKind kind = TokenKind::kAccessToken) {
  json::Reader reader;
  const auto root = reader.Parse(json);
  EXPECT_TRUE(root) << json;
  return ReadClaims(*root, json, policy, kind);
}

base::Result<Claims> Read(std::string_view json,
                          std::string_view audience_claim = "aud") {
  Policy policy;
  policy.audience_claim = audience_claim;
  return ReadBy(policy, json);
}

// The refusal of a payload that has, beside iss, these members.
base::Refusal RefusalOf(const std::string& members) {
  auto claims = Read(base::StrCat(R"({"iss":"https://a",)", members, "}"));
  EXPECT_FALSE(claims.ok()) << members;
  if (claims.ok()) return {Reason::kOverloaded, "accepted"};
  return std::move(claims).refusal();
}

Claims With(const std::string& members) {
  auto claims = Read(base::StrCat(R"({"iss":"https://a",)", members, "}"));
  EXPECT_TRUE(claims.ok()) << members;
  return claims.ok() ? *std::move(claims) : Claims{};
}

TEST(Claims, AreReadWithTheirTypes) {
  const std::string json =
      R"({"iss":"https://a","sub":"alice","aud":["x","y"],"exp":2000,)"
      R"("nbf":1000,"iat":1500.5,"jti":"j1","sid":"s1","azp":"web",)"
      R"("scope":"read write","preferred_username":"al"})";
  const auto claims = Read(json);
  ASSERT_TRUE(claims.ok());
  EXPECT_EQ(claims->issuer, "https://a");
  EXPECT_THAT(claims->subject, Optional(std::string("alice")));
  EXPECT_THAT(claims->audiences, ElementsAre("x", "y"));
  EXPECT_EQ(claims->expires_at, absl::FromUnixSeconds(2000));
  EXPECT_EQ(claims->not_before, absl::FromUnixSeconds(1000));
  EXPECT_EQ(claims->issued_at, absl::FromUnixMillis(1500500));
  EXPECT_THAT(claims->token_id, Optional(std::string("j1")));
  EXPECT_THAT(claims->session_id, Optional(std::string("s1")));
  EXPECT_THAT(claims->client_id, Optional(std::string("web")));
  EXPECT_THAT(claims->scopes, ElementsAre("read", "write"));
  EXPECT_THAT(claims->username, Optional(std::string("al")));
  EXPECT_EQ(claims->json, json);
}

TEST(Claims, AbsentClaimsStayAbsent) {
  const Claims claims = With(R"("x":1)");
  EXPECT_FALSE(claims.subject);
  EXPECT_FALSE(claims.expires_at);
  EXPECT_FALSE(claims.client_id);
  EXPECT_FALSE(claims.confirmation);
  EXPECT_FALSE(claims.not_access_token);
  EXPECT_THAT(claims.audiences, IsEmpty());
  EXPECT_THAT(claims.scopes, IsEmpty());
}

TEST(Claims, ATokenWithoutAnIssuerIsRefused) {
  const auto claims = Read(R"({"sub":"alice"})");
  ASSERT_FALSE(claims.ok());
  EXPECT_EQ(claims.refusal().reason, Reason::kIssuerMissing);
}

TEST(Claims, AClaimOfTheWrongTypeIsNeverTreatedAsAbsent) {
  for (const char* member :
       {R"("sub":1)", R"("exp":"2000")", R"("exp":null)", R"("nbf":[1])",
        R"("nbf":"1")", R"("iat":true)", R"("jti":{})", R"("sid":1)",
        R"("aud":1)", R"("aud":{})", R"("aud":["x",1])", R"("aud":["x",null])",
        R"("aud":null)", R"("scope":1)", R"("scope":["a",null])",
        R"("scp":["a",{}])", R"("client_id":[])", R"("azp":7)",
        R"("token_use":1)"}) {
    const base::Refusal refusal = RefusalOf(member);
    EXPECT_EQ(refusal.reason, Reason::kClaimInvalid) << member;
    EXPECT_FALSE(refusal.claim.empty()) << member;
  }
}

TEST(Claims, AnOptionalClaimThatIsNullIsAbsent) {
  const Claims claims =
      With(R"("sub":null,"nbf":null,"iat":null,"jti":null,"sid":null,)"
           R"("scope":null,"scp":null,"scopes":null,"username":null,)"
           R"("client_id":null,"azp":null,"appid":null,"cid":null,)"
           R"("preferred_username":null,"token_use":null,"typ":null,)"
           R"("nonce":null,"at_hash":null,"c_hash":null,"events":null)");
  EXPECT_FALSE(claims.subject || claims.not_before || claims.issued_at ||
               claims.token_id || claims.session_id || claims.client_id ||
               claims.username);
  EXPECT_THAT(claims.scopes, IsEmpty());
  // Above all it is no mark of an ID token.
  EXPECT_FALSE(claims.not_access_token);
  EXPECT_FALSE(claims.not_id_token);
  EXPECT_THAT(With(R"("client_id":null,"azp":"web")").client_id,
              Optional(std::string("web")));
}

TEST(Claims, AClaimThatNoDecisionDependsOnNeverFailsAToken) {
  for (const char* value : {"1", "true", "{}", "[1]", "[\"a\",1]", "1e400",
                            "123456789012345678901234567890"}) {
    const Claims claims = With(base::StrCat(
        R"("username":)", std::string_view(value), R"(,"preferred_username":)",
        std::string_view(value), R"(,"appid":)", std::string_view(value),
        R"(,"cid":)", std::string_view(value), R"(,"scopes":)",
        std::string_view(value), R"(,"typ":)", std::string_view(value),
        R"(,"other":)", std::string_view(value), R"(,"scope":"read")"));
    EXPECT_FALSE(claims.username) << value;
    EXPECT_FALSE(claims.client_id) << value;
    EXPECT_FALSE(claims.not_access_token) << value;
    EXPECT_THAT(claims.scopes, ElementsAre("read")) << value;
  }
  EXPECT_THAT(With(R"("username":7,"preferred_username":"al")").username,
              Optional(std::string("al")));
}

TEST(Claims, ALongNumberFailsOnlyAClaimThatIsADate) {
  const Claims claims = With(R"("id":123456789012345678901234567890)");
  EXPECT_EQ(claims.json,
            R"({"iss":"https://a","id":123456789012345678901234567890})");
  for (const char* date : {"exp", "nbf", "iat"}) {
    const base::Refusal refusal = RefusalOf(base::StrCat(
        "\"", std::string_view(date), "\":123456789012345678901234567890"));
    EXPECT_EQ(refusal.reason, Reason::kClaimInvalid) << date;
    EXPECT_EQ(refusal.claim, date);
  }
}

TEST(Claims, AnIdTokensAudienceCanBeInAnotherClaim) {
  Policy policy;
  policy.audience_claim = "client_id";
  policy.id_token_audience_claim = "aud";
  const std::string json = R"({"iss":"https://a","client_id":"c","aud":"d"})";
  EXPECT_THAT(ReadBy(policy, json)->audiences, ElementsAre("c"));
  EXPECT_THAT(ReadBy(policy, json, TokenKind::kIdToken)->audiences,
              ElementsAre("d"));
}

TEST(Claims, AnAccessTokenHasOneOfTheConfiguredMarks) {
  Policy policy;
  policy.access_token = AccessTokenMark{{"scope", "scp"}};
  const auto unmarked = [&](const char* json) {
    return ReadBy(policy, json)->no_access_token_mark;
  };
  EXPECT_FALSE(unmarked(R"({"iss":"https://a","scp":[]})"));
  EXPECT_FALSE(unmarked(R"({"iss":"https://a","scope":""})"));
  EXPECT_TRUE(unmarked(R"({"iss":"https://a","scope":null})"));
  EXPECT_TRUE(unmarked(R"({"iss":"https://a","azp":"web"})"));
  policy.access_token = AccessTokenMark{};
  EXPECT_FALSE(unmarked(R"({"iss":"https://a"})"));
}

// The reason why a token of `kind` is rejected; nothing if it is not.
std::optional<std::string> RejectedClaim(const Policy& policy,
                                         const std::string& members,
                                         TokenKind kind) {
  const auto claims = ReadBy(
      policy, base::StrCat(R"({"iss":"https://a",)", members, "}"), kind);
  EXPECT_TRUE(claims.ok()) << members;
  const auto& refusal = claims->rejected[static_cast<size_t>(kind)];
  if (!refusal) return std::nullopt;
  EXPECT_EQ(refusal->reason, Reason::kClaimRejected);
  return refusal->claim;
}

TEST(Claims, AreCheckedByTheIssuersRules) {
  constexpr TokenKind kAccess = TokenKind::kAccessToken;
  Policy policy;
  policy.rules.claims = {usher::Claim("tenant").IsOneOf({"acme", "umbrella"}),
                         usher::Claim({"realm_access", "roles"}).Contains("op"),
                         usher::Claim("jti").IsPresent()};
  policy.rules.patterns = {{ClaimPath("sub"),
                            {*pattern::Pattern::Create("system:.*"),
                             *pattern::Pattern::Create("job-[0-9]+")}}};
  policy.rules.clients = {"web", "mobile"};
  const auto rejected = [&](const std::string& members) {
    return RejectedClaim(policy, members, kAccess).value_or("");
  };
  constexpr std::string_view kRest =
      R"("jti":"1","realm_access":{"roles":["x","op"]},"azp":"web")";
  const auto with = [&](std::string_view members) {
    return base::StrCat(members, ",", kRest);
  };
  EXPECT_EQ(rejected(with(R"("tenant":"acme","sub":"system:a")")), "");
  EXPECT_EQ(rejected(with(R"("tenant":"acme","sub":"job-17")")), "");
  EXPECT_EQ(rejected(with(R"("tenant":"acme","sub":"job-1x")")), "sub");
  EXPECT_EQ(rejected(with(R"("tenant":"acme")")), "sub");
  EXPECT_EQ(rejected(with(R"("tenant":"other","sub":"job-1")")), "tenant");
  EXPECT_EQ(rejected(R"("tenant":"acme","sub":"job-1","jti":"1","azp":"web")"),
            "realm_access.roles");
  EXPECT_EQ(rejected(R"("tenant":"acme","sub":"job-1","jti":"1","azp":"tv",)"
                     R"("realm_access":{"roles":"op"})"),
            "client_id");
  EXPECT_EQ(rejected(R"("tenant":"acme","sub":"job-1","jti":"1",)"
                     R"("realm_access":{"roles":"op"})"),
            "client_id");
}

TEST(Claims, RulesCanConcernOneKindOfToken) {
  Policy policy;
  policy.access_token_rules.claims = {usher::Claim("scope").IsPresent()};
  policy.id_token_rules.claims = {usher::Claim("email_verified").Is(true)};
  EXPECT_EQ(RejectedClaim(policy, R"("scope":"a")", TokenKind::kAccessToken),
            std::nullopt);
  EXPECT_EQ(RejectedClaim(policy, R"("scope":"a")", TokenKind::kIdToken),
            "email_verified");
  EXPECT_EQ(RejectedClaim(policy, R"("email_verified":true)",
                          TokenKind::kAccessToken),
            "scope");
}

TEST(Claims, InvalidDatesAreRefused) {
  for (const char* date :
       {"-1", "1e308", "253402300800", "9223372036854775807",
        "18446744073709551615", "-9223372036854775808", "1e300"}) {
    const base::Refusal refusal =
        RefusalOf(base::StrCat(R"("exp":)", std::string_view(date)));
    EXPECT_EQ(refusal.reason, Reason::kClaimInvalid) << date;
    EXPECT_EQ(refusal.claim, "exp") << date;
  }
}

TEST(Claims, ZeroIsADateAndNotAbsent) {
  EXPECT_EQ(With(R"("exp":0)").expires_at, absl::UnixEpoch());
  EXPECT_EQ(With(R"("exp":0.0)").expires_at, absl::UnixEpoch());
}

TEST(Claims, ScopesComeFromAllThreeNamesAsStringsOrArrays) {
  EXPECT_THAT(With(R"("scope":"a b","scp":["c"],"scopes":["d","e"])").scopes,
              ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(With(R"("scp":"a b")").scopes, ElementsAre("a", "b"));
  EXPECT_THAT(With(R"("scope":"")").scopes, IsEmpty());
}

TEST(Claims, OnlyASpaceSeparatesScopes) {
  EXPECT_THAT(With(R"("scope":" a  b ")").scopes, ElementsAre("a", "b"));
  EXPECT_THAT(With(R"("scope":"admin\tread")").scopes,
              ElementsAre("admin\tread"));
  EXPECT_THAT(With(R"("scope":"a,b")").scopes, ElementsAre("a,b"));
  // An array's words are whole: a space inside makes another scope.
  EXPECT_THAT(With(R"("scope":["a b"])").scopes, ElementsAre("a b"));
}

TEST(Claims, TheNumberOfAudiencesAndScopesIsBounded) {
  std::string words, audiences;
  for (int i = 0; i < 1025; ++i) words += "s ";
  for (int i = 0; i < 257; ++i) audiences += i ? ",\"a\"" : "\"a\"";
  EXPECT_EQ(RefusalOf(base::StrCat(R"("scope":")", words, "\"")).reason,
            Reason::kClaimInvalid);
  EXPECT_EQ(RefusalOf(base::StrCat(R"("aud":[)", audiences, "]")).reason,
            Reason::kClaimInvalid);
}

TEST(Claims, TheClientIsReadFromTheMostSpecificClaim) {
  EXPECT_THAT(With(R"("azp":"b","client_id":"a")").client_id,
              Optional(std::string("a")));
  EXPECT_THAT(With(R"("cid":"d","appid":"c")").client_id,
              Optional(std::string("c")));
}

TEST(Claims, TheAudienceClaimIsConfigurable) {
  const auto claims = Read(
      R"({"iss":"https://a","client_id":"app","aud":"other"})", "client_id");
  ASSERT_TRUE(claims.ok());
  EXPECT_THAT(claims->audiences, ElementsAre("app"));
}

TEST(Claims, MarksOfOtherKindsOfTokensAreRead) {
  for (const char* member :
       {R"("nonce":"n")", R"("at_hash":"h")", R"("c_hash":"h")",
        R"("token_use":"id")", R"("typ":"ID")", R"("typ":"Refresh")",
        R"("events":{})", R"("token_use":"unheard of")"}) {
    EXPECT_TRUE(With(member).not_access_token) << member;
  }
  for (const char* member :
       {R"("token_use":"access")", R"("typ":"Bearer")", R"("typ":"own")"}) {
    EXPECT_FALSE(With(member).not_access_token) << member;
  }
  for (const char* member : {R"("token_use":"access")", R"("typ":"Bearer")",
                             R"("events":{})", R"("typ":"Logout")"}) {
    EXPECT_TRUE(With(member).not_id_token) << member;
  }
  for (const char* member :
       {R"("nonce":"n")", R"("typ":"ID")", R"("token_use":"id")"}) {
    EXPECT_FALSE(With(member).not_id_token) << member;
  }
}

TEST(Claims, TheConfirmationIsKeptAsJson) {
  EXPECT_THAT(With(R"("cnf":{"jkt":"abc"})").confirmation,
              Optional(std::string(R"({"jkt":"abc"})")));
  // Any cnf binds, whatever its shape: null must not unbind a token.
  EXPECT_TRUE(With(R"("cnf":null)").confirmation);
}

TEST(Claims, TheFootprintCountsTheMemoryHeld) {
  const Claims small = With(R"("x":1)");
  const Claims large =
      With(base::StrCat(R"("scope":")", std::string(4000, 'a'), "\""));
  EXPECT_GE(large.Footprint(), small.Footprint() + 8000);
}

}  // namespace
}  // namespace usher::token
