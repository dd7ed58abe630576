#include "lib/token/bearer.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace usher::token {
namespace {

using enum Reason;

std::optional<Reason> ReasonOf(std::vector<std::string_view> values) {
  const auto token = ReadBearer(values);
  if (token.ok()) return std::nullopt;
  return token.refusal().reason;
}

std::string TokenOf(std::string_view value) {
  const auto token = ReadBearer({{value}});
  return token.ok() ? std::string(*token) : "(refused)";
}

TEST(Bearer, ReadsTheTokenWhateverTheCaseOfTheScheme) {
  for (const char* value : {"Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c",
                            "bEaReR a.b.c", "Bearer   a.b.c", "Bearer\ta.b.c",
                            " Bearer a.b.c ", "Bearer a.b.c\t"}) {
    EXPECT_EQ(TokenOf(value), "a.b.c") << value;
  }
  EXPECT_EQ(TokenOf("Bearer opaque-_~+/token=="), "opaque-_~+/token==");
}

TEST(Bearer, ReportsAMissingToken) {
  EXPECT_EQ(ReasonOf({}), kTokenMissing);
  for (const char* value : {"", " ", "Bearer", "Bearer ", "bearer \t "}) {
    EXPECT_EQ(ReasonOf({value}), kTokenMissing) << value;
  }
}

TEST(Bearer, RefusesSeveralTokens) {
  EXPECT_EQ(ReasonOf({"Bearer a.b.c", "Bearer d.e.f"}), kTokenMultiple);
  EXPECT_EQ(ReasonOf({"Bearer a.b.c", "Bearer a.b.c"}), kTokenMultiple);
  EXPECT_EQ(ReasonOf({"Basic x", "Bearer a.b.c"}), kTokenMultiple);
  EXPECT_EQ(ReasonOf({"Bearer a.b.c, Bearer d.e.f"}), kTokenMultiple);
  EXPECT_EQ(ReasonOf({"Bearer a.b.c,d.e.f"}), kTokenMultiple);
}

TEST(Bearer, RefusesOtherSchemes) {
  for (const char* value :
       {"Basic dXNlcjpwYXNz", "DPoP a.b.c", "dpop a.b.c", "Negotiate x",
        "a.b.c", "Bearera.b.c", "Bearer:a.b.c", "Bear a.b.c", "\"Bearer\" x"}) {
    EXPECT_EQ(ReasonOf({value}), kAuthSchemeUnsupported) << value;
  }
}

TEST(Bearer, SaysHowToCorrectTheScheme) {
  const auto message = [](std::string_view value) {
    return ReadBearer({{value}}).refusal().message;
  };
  EXPECT_EQ(message("DPoP a.b.c"),
            "tokens bound by DPoP are not supported here; use Bearer");
  EXPECT_EQ(message("Basic abc"), "use the scheme Bearer");
  EXPECT_EQ(message("eyJ.a.b"),
            "the value has no scheme; write Bearer before the token");
}

TEST(Bearer, FindBearerFindsTheSameTokenAsReadBearer) {
  for (const std::string_view value :
       {"Bearer a.b.c", " bEARER\ta.b.c\t", "Bearer a,b", "Bearer a\x80"}) {
    const auto token = ReadBearer({{value}});
    const std::string_view found = FindBearer({{value}});
    EXPECT_NE(found, "") << value;
    EXPECT_EQ(found, token.ok() ? *token : found) << value;
  }
  for (const std::string_view value :
       {"", " ", "Bearer", "Bearer ", "Basic a.b.c", "DPoP a.b.c", "a.b.c"}) {
    EXPECT_EQ(FindBearer({{value}}), "") << value;
  }
  EXPECT_EQ(FindBearer({}), "");
  EXPECT_EQ(FindBearer({{"Bearer a.b.c", "Bearer a.b.c"}}), "");
}

constexpr std::string_view kOther = "x-example-jwt-assertion";

TEST(Bearer, AnotherHeaderHasTheTokenWithOrWithoutAScheme) {
  for (const std::string_view value :
       {"a.b.c", " a.b.c\t", "Bearer a.b.c", "bearer  a.b.c"}) {
    const auto token = ReadBearer({{value}}, kOther);
    ASSERT_TRUE(token.ok()) << value;
    EXPECT_EQ(*token, "a.b.c");
    EXPECT_EQ(FindBearer({{value}}, kOther), "a.b.c") << value;
  }
}

TEST(Bearer, RefusesValuesOfAnotherHeaderByTheirReasons) {
  struct Case {
    std::vector<std::string_view> values;
    Reason reason;
    std::string_view found;  // by FindBearer()
  };
  for (const Case& one :
       {Case{{}, kTokenMissing, ""}, Case{{""}, kTokenMissing, ""},
        Case{{"Bearer"}, kTokenMissing, ""},
        Case{{"Bearer "}, kTokenMissing, ""},
        Case{{"Basic a.b.c"}, kAuthSchemeUnsupported, ""},
        Case{{"a.b.c d.e.f"}, kAuthSchemeUnsupported, ""},
        Case{{"a.b.c", "a.b.c"}, kTokenMultiple, ""},
        Case{{"a.b.c,d.e.f"}, kTokenMultiple, "a.b.c,d.e.f"},
        Case{{"a.b.\x01"}, kTokenMalformed, "a.b.\x01"}}) {
    const auto token = ReadBearer(one.values, kOther);
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.refusal().reason, one.reason) << token.refusal().message;
    EXPECT_EQ(FindBearer(one.values, kOther), one.found);
  }
  EXPECT_EQ(ReadBearer({}, kOther).refusal().message,
            "send the token as metadata, x-example-jwt-assertion: TOKEN");
}

TEST(Bearer, AcceptsAtMostSixteenKibibytes) {
  for (const size_t size : {8u * 1024, 12u * 1024, 16u * 1024}) {
    const std::string token(size, 'x');
    EXPECT_EQ(TokenOf("Bearer " + token), token) << size;
  }
  for (const size_t size : {16u * 1024 + 1, 17u * 1024, 30u * 1024}) {
    EXPECT_EQ(ReasonOf({"Bearer " + std::string(size, 'x')}), kTokenTooLarge)
        << size;
  }
}

TEST(Bearer, RefusesBytesThatNoTokenContains) {
  for (const char* value :
       {"Bearer a b", "Bearer a.b.\x01", "Bearer a.b.\xc3\xa9", "Bearer a\tb",
        "Bearer Bearer a.b.c"}) {
    EXPECT_EQ(ReasonOf({value}), kTokenMalformed) << value;
  }
}

TEST(Bearer, ChecksEveryByteAtEveryPosition) {
  for (int byte = 1; byte < 256; ++byte) {
    // A comma and white space mean something else.
    if (byte == ',' || byte == ' ' || byte == '\t') continue;
    const bool good = byte > 0x20 && byte < 0x7f;
    for (size_t i = 1; i < 20; ++i) {
      std::string token(21, 'x');
      token[i] = static_cast<char>(byte);
      EXPECT_EQ(ReasonOf({"Bearer " + token}) == std::nullopt, good)
          << byte << " at " << i;
    }
  }
}

}  // namespace
}  // namespace usher::token
