#include "lib/jose/jws.h"

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;

std::string Token(std::string_view header, std::string_view payload) {
  return SharedKey(Alg::kEs256).SignCompact(header, payload);
}

constexpr std::string_view kHeader = R"({"alg":"ES256","kid":"k"})";
constexpr std::string_view kPayload = R"({"iss":"https://issuer.example"})";

// The Reason why a token is refused; nothing if it parses.
std::optional<Reason> ReasonOf(std::string_view token) {
  const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
  if (jws.ok()) return std::nullopt;
  EXPECT_NE(jws.refusal().message, "");
  return jws.refusal().reason;
}

std::optional<Reason> ReasonOfHeader(std::string_view header) {
  return ReasonOf(Token(header, kPayload));
}

std::optional<Reason> ReasonOfPayload(std::string_view payload) {
  return ReasonOf(Token(kHeader, payload));
}

TEST(Jws, ParsesAToken) {
  const std::string token =
      Token(R"({"alg":"ES256","kid":"k","typ":"at+jwt","cty":"x"})", kPayload);
  const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok()) << jws.refusal().message;
  EXPECT_EQ(jws->algs(), AlgSet{Alg::kEs256});
  EXPECT_EQ(jws->kid(), "k");
  EXPECT_EQ(jws->typ(), "at+jwt");
  EXPECT_EQ(jws->UnverifiedIssuer(), "https://issuer.example");
  EXPECT_EQ(jws->signing_input(), token.substr(0, token.rfind('.')));
  EXPECT_EQ(json::EncodeBase64Url(jws->signature()),
            token.substr(token.rfind('.') + 1));
}

TEST(Jws, VerifiesWithTheKeyThatSigned) {
  const std::string token = Token(kHeader, kPayload);
  const Key key = PublicKeyOf(SharedKey(Alg::kEs256));
  const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok());
  const auto payload = jws->Verify(key, DefaultAlgs());
  ASSERT_TRUE(payload.ok()) << payload.refusal().message;
  EXPECT_EQ(payload->text(), kPayload);
  EXPECT_EQ(payload->claims().Find("iss")->String(), "https://issuer.example");
  EXPECT_EQ(payload->alg(), Alg::kEs256);
  EXPECT_EQ(&payload->key(), &key);
}

TEST(Jws, AbsentMembersAreAbsent) {
  const std::string token = Token(R"({"alg":"ES256"})", R"({"iss":7})");
  const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->kid(), std::nullopt);
  EXPECT_EQ(jws->typ(), std::nullopt);
  EXPECT_EQ(jws->UnverifiedIssuer(), std::nullopt);
}

TEST(Jws, RefusesATokenAboveTheLimit) {
  const std::string token = Token(kHeader, kPayload);
  EXPECT_EQ(ReasonOf(std::string(Jws::kMaxSize + 1, 'a')),
            Reason::kTokenTooLarge);
  EXPECT_EQ(ReasonOf(std::string(Jws::kMaxSize, 'a')), Reason::kTokenMalformed);
  std::string big = StrCat(R"({"pad":")", std::string(12000, 'x'), "\"}");
  EXPECT_EQ(ReasonOfPayload(big), std::nullopt);
}

TEST(Jws, RefusesAnythingButThreeParts) {
  const std::string token = Token(kHeader, kPayload);
  const std::string header = token.substr(0, token.find('.'));
  const std::string input = token.substr(0, token.rfind('.'));
  for (const std::string& wrong :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        header, input, token + ".", token + ".x", token + "..", "." + token,
        token + "." + token, input.substr(header.size()),
        std::string(Jws::kMaxSize, '.')}) {
    EXPECT_EQ(ReasonOf(wrong), Reason::kTokenMalformed) << wrong;
  }
  EXPECT_EQ(ReasonOf(input + "."), std::nullopt);  // as alg none has it
}

TEST(Jws, RefusesTextAroundOrInsideTheToken) {
  const std::string token = Token(kHeader, kPayload);
  for (const char* junk : {" ", "\n", "\r\n", "\t", "=", "==", "+", "/", "\"",
                           "%", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"}) {
    EXPECT_EQ(ReasonOf(junk + token), Reason::kTokenMalformed) << junk;
    EXPECT_EQ(ReasonOf(token + junk), Reason::kTokenMalformed) << junk;
    for (size_t at = 1; at < token.size(); at += 7) {
      std::string inside = token;
      inside.insert(at, junk);
      ASSERT_EQ(ReasonOf(inside), Reason::kTokenMalformed) << junk << at;
    }
  }
  EXPECT_EQ(ReasonOf(token + std::string(1, '\0')), Reason::kTokenMalformed);
}

TEST(Jws, RefusesASecondTextOfTheSameSignature) {
  std::string token = Token(kHeader, kPayload);  // 64 bytes: 4 bits unused
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t last = alphabet.find(token.back());
  ASSERT_EQ(last % 16, 0u);
  for (size_t i = 1; i < 16; ++i) {
    token.back() = alphabet[last + i];
    EXPECT_EQ(ReasonOf(token), Reason::kTokenMalformed);
  }
}

TEST(Jws, RefusesTheJsonSerialization) {
  EXPECT_EQ(ReasonOf(R"({"payload":"e30","protected":"e30","signature":""})"),
            Reason::kTokenMalformed);
}

TEST(Jws, RefusesAHeaderOrPayloadThatIsNotAnObject) {
  for (const char* text : {"[]", "7", "null", "\"x\"", "true", "", " ", "{",
                           "{}x", "\xef\xbb\xbf{}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(ReasonOfHeader(text), Reason::kTokenMalformed) << text;
    EXPECT_EQ(ReasonOfPayload(text), Reason::kTokenMalformed) << text;
  }
}

TEST(Jws, RefusesDuplicateMembersInHeaderAndPayload) {
  EXPECT_EQ(ReasonOfHeader(R"({"alg":"ES256","alg":"none"})"),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfHeader(R"({"alg":"ES256","x":{"a":1,"a":2}})"),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfHeader("{\"alg\":\"ES256\",\"a\\u006cg\":\"none\"}"),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfPayload(R"({"iss":"a","iss":"b"})"),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfPayload(R"({"iss":"a","r":[{"x":1,"x":1}]})"),
            Reason::kTokenMalformed);
}

TEST(Jws, RefusesDeepNestingAndWhatIsNoNumber) {
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "[";
  EXPECT_EQ(ReasonOfPayload(StrCat("{\"a\":", deep)), Reason::kTokenMalformed);
  for (int i = 0; i < 3000; ++i) deep += "]";
  EXPECT_EQ(ReasonOfPayload(StrCat("{\"a\":", deep, "}")),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfHeader(StrCat(R"({"alg":"ES256","a":)", deep, "}")),
            Reason::kTokenMalformed);
  for (const char* number : {"1e", "Infinity", "NaN"}) {
    EXPECT_EQ(ReasonOfPayload(StrCat("{\"exp\":", number, "}")),
              Reason::kTokenMalformed);
  }
}

TEST(Jws, RefusesHeaderMembersOfTheWrongType) {
  for (const char* header :
       {"{}", R"({"kid":"k"})", R"({"alg":null})", R"({"alg":1})",
        R"({"alg":["ES256"]})", R"({"alg":"ES256","kid":1})",
        R"({"alg":"ES256","kid":["k"]})", R"({"alg":"ES256","typ":{}})",
        R"({"Alg":"ES256"})"}) {
    EXPECT_EQ(ReasonOfHeader(header), Reason::kTokenMalformed) << header;
  }
}

TEST(Jws, CountsKidAndTypThatAreNullAsAbsent) {
  JwsScratch scratch;
  for (const char* header : {R"({"alg":"ES256","kid":null,"typ":null})",
                             R"({"alg":"ES256","kid":""})"}) {
    const std::string token = Token(header, kPayload);
    const auto jws = Jws::Parse(token, scratch);
    ASSERT_TRUE(jws.ok()) << header;
    EXPECT_EQ(jws->kid(), std::nullopt);
    EXPECT_EQ(jws->typ(), std::nullopt);
  }
}

TEST(Jws, HasTheThumbprintsOfTheCertificate) {
  JwsScratch scratch;
  const std::string token =
      Token(R"({"alg":"ES256","x5t":"one","x5t#S256":"two"})", kPayload);
  const auto jws = Jws::Parse(token, scratch);
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->x5t(), "one");
  EXPECT_EQ(jws->x5t_s256(), "two");
  const std::string odd = Token(R"({"alg":"ES256","x5t":7})", kPayload);
  const auto ignored = Jws::Parse(odd, scratch);
  ASSERT_TRUE(ignored.ok());
  EXPECT_EQ(ignored->x5t(), std::nullopt);
}

TEST(Jws, NamesWhatATokenIsThatDoesNotHaveThreeParts) {
  const auto message_of = [](std::string_view token) {
    const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
    EXPECT_FALSE(jws.ok()) << token;
    EXPECT_EQ(jws.refusal().reason, Reason::kTokenMalformed) << token;
    return jws.refusal().message;
  };
  const std::string header = json::EncodeBase64Url(R"({"alg":"dir"})");
  // With `dir` the second part, the encrypted key, is empty.
  for (const std::string& token :
       {header + "..aXY.Y2lwaGVy.dGFn", header + ".a2V5.aXY.Y2lwaGVy.dGFn",
        std::string("!.!.!.!.!")}) {
    EXPECT_NE(message_of(token).find("encrypted (JWE"), std::string::npos);
  }
  EXPECT_NE(message_of("4fQmExample").find("opaque"), std::string::npos);
  EXPECT_EQ(message_of("a.b"), "the token has 2 parts, not three");
  EXPECT_EQ(message_of("a.b.c.d"), "the token has 4 parts, not three");
  EXPECT_EQ(message_of("a..b"), "header: not strict base64url");
}

TEST(Jws, RefusesEveryCriticalExtension) {
  for (const char* member :
       {R"("crit":["exp"],"exp":1)", R"("crit":[])", R"("crit":"exp")",
        R"("crit":null)", R"("crit":["alg"])", R"("crit":["b64"],"b64":false)",
        R"("b64":false)", R"("b64":true)", R"("crit":["x","x"])"}) {
    EXPECT_EQ(ReasonOfHeader(StrCat(R"({"alg":"ES256",)", member, "}")),
              Reason::kCriticalHeaderUnsupported)
        << member;
  }
}

TEST(Jws, ReportsTheFormBeforeTheCriticalHeader) {
  EXPECT_EQ(ReasonOf(Token(R"({"alg":"ES256","crit":["x"]})", "[]")),
            Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOfHeader(R"({"crit":["x"]})"), Reason::kTokenMalformed);
}

TEST(Jws, AcceptsAnUnknownAlgorithmWithNoAlgs) {
  for (const char* alg : {"none", "None", "nonE", "none ", "HS256", "ES256K",
                          "", "rs256", "A128KW"}) {
    const std::string token =
        Token(StrCat(R"({"alg":")", alg, "\"}"), kPayload);
    const auto jws = Jws::Parse(token, JwsScratch::ThisThread());
    ASSERT_TRUE(jws.ok()) << alg;
    EXPECT_TRUE(jws->algs().empty()) << alg;
    const auto opened =
        jws->Verify(PublicKeyOf(SharedKey(Alg::kEs256)), DefaultAlgs());
    ASSERT_FALSE(opened.ok()) << alg;
    EXPECT_EQ(opened.refusal().reason, Reason::kKeyMismatch) << alg;
  }
}

TEST(Jws, MessagesNeverQuoteTheToken) {
  for (const char* header :
       {R"({"alg":"ES256","crit":["SECRET"]})", R"({"alg":["SECRET"]})",
        R"({"SECRET":1,"SECRET":1})", "SECRET"}) {
    const auto jws =
        Jws::Parse(Token(header, kPayload), JwsScratch::ThisThread());
    ASSERT_FALSE(jws.ok());
    EXPECT_EQ(jws.refusal().message.find("SECRET"), std::string::npos);
  }
}

}  // namespace
}  // namespace usher::jose
