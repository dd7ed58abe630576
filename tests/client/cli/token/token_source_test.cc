#include "client/cli/token/token_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace usher::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Reading {
  std::string token;  // empty: refused
  std::string err;
};

Reading Read(const std::optional<std::string>& source,
             const std::string& input) {
  std::istringstream in(input);
  std::ostringstream out, err;
  Console console = {.in = in, .out = out, .err = err, .paint = Paint(false)};
  const auto token = ReadToken(source, console);
  return {token.ok() ? std::string(token->Reveal()) : "", err.str()};
}

TEST(TokenSource, IsStandardInputByDefault) {
  EXPECT_EQ(Read(std::nullopt, "a.b.c").token, "a.b.c");
  EXPECT_EQ(Read("-", "a.b.c").token, "a.b.c");
}

TEST(TokenSource, RemovesOneFinalLineFeedSilently) {
  const Reading reading = Read("-", "a.b.c\n");
  EXPECT_EQ(reading.token, "a.b.c");
  EXPECT_THAT(reading.err, IsEmpty());
}

TEST(TokenSource, RemovesWhiteSpaceAndSchemeWithANote) {
  const Reading reading = Read("-", "  bearer \t a.b.c\r\n");
  EXPECT_EQ(reading.token, "a.b.c");
  EXPECT_THAT(reading.err, HasSubstr("white space"));
  EXPECT_THAT(reading.err, HasSubstr("Bearer"));
}

TEST(TokenSource, KeepsTheInside) {
  EXPECT_EQ(Read("-", "a.b .c").token, "a.b .c");
  EXPECT_EQ(Read("-", "Bearerish").token, "Bearerish");
}

TEST(TokenSource, WarnsAboutATokenOnTheCommandLine) {
  const Reading reading = Read("a.b.c", "");
  EXPECT_EQ(reading.token, "a.b.c");
  EXPECT_THAT(reading.err, HasSubstr("warning"));
}

TEST(TokenSource, RefusesAnEmptyToken) {
  EXPECT_EQ(Read("-", "").token, "");
  EXPECT_EQ(Read("-", " \n").token, "");
  EXPECT_EQ(Read("@/nonexistent", "").token, "");
  EXPECT_EQ(Read("-", std::string((1 << 20) + 1, 'a')).token, "");
}

}  // namespace
}  // namespace usher::cli
