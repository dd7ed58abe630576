#include "lib/base/trace_context.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace usher::base {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParent[] = "00f067aa0ba902b7";

std::string Header(const std::string& version, const std::string& trace,
                   const std::string& parent, const std::string& rest = "01") {
  return version + "-" + trace + "-" + parent + "-" + rest;
}

TEST(Traceparent, IsReadByTheLetterOfTheStandard) {
  const TraceContext wanted{kTrace, kParent};
  EXPECT_EQ(ParseTraceparent(Header("00", kTrace, kParent)), wanted);
  EXPECT_EQ(ParseTraceparent(Header("00", kTrace, kParent, "ff")), wanted);
  // A later version may go on after the flags, behind a dash.
  EXPECT_EQ(ParseTraceparent(Header("cc", kTrace, kParent, "01")), wanted);
  EXPECT_EQ(ParseTraceparent(Header("cc", kTrace, kParent, "01-more")), wanted);
}

TEST(Traceparent, IsIgnoredWhereItIsNotWellFormed) {
  const std::string zeros(32, '0');
  for (const std::string& header : {
           std::string(),
           std::string("00"),
           std::string(1 << 20, '0'),
           Header("ff", kTrace, kParent),
           Header("0g", kTrace, kParent),
           Header("00", zeros, kParent),
           Header("00", kTrace, zeros.substr(16)),
           Header("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kParent),
           Header("00", std::string(kTrace).substr(1), kParent),
           Header("00", kTrace, std::string(kParent) + "0"),
           Header("00", kTrace, kParent, "0"),
           Header("00", kTrace, kParent, "0x"),
           Header("00", kTrace, kParent, "01-more"),
           Header("cc", kTrace, kParent, "01.more"),
           Header("00", kTrace, kParent, "01 "),
           " " + Header("00", kTrace, kParent),
       }) {
    EXPECT_FALSE(ParseTraceparent(header)) << header.substr(0, 100);
  }
}

TEST(RequestId, MayHoldNothingThatCouldFakeALine) {
  for (const char* id : {"a", "7f3c-11.2:x_Y", kTrace}) {
    EXPECT_TRUE(IsRequestId(id)) << id;
  }
  EXPECT_TRUE(IsRequestId(std::string(64, 'a')));
  EXPECT_FALSE(IsRequestId(std::string(65, 'a')));
  for (const char* id : {"", "a b", "a\n", "\"", "{", "\\", "a/b", "é"}) {
    EXPECT_FALSE(IsRequestId(id)) << id;
  }
}

TEST(RequestId, IsAnotherEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewRequestId();
    EXPECT_EQ(id.size(), 32u);
    EXPECT_TRUE(IsRequestId(id));
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace usher::base
