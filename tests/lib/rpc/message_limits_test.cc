#include "lib/rpc/message_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "lib/base/text/strings.h"

namespace usher::rpc {
namespace {

using ::testing::HasSubstr;

constexpr auto kInner = std::to_array<FieldLimit>({
    {1, "text", WireForm::kBytes, 1},
    {2, "list", WireForm::kBytes, 3},
    {4, "number", WireForm::kVarint, 1},
});
constexpr MessageLimits kInnerLimits = {kInner};
constexpr auto kOuter = std::to_array<FieldLimit>({
    {1, "items", WireForm::kMessage, 2, &kInnerLimits},
    {5, "one", WireForm::kMessage, 1, &kInnerLimits},
});
constexpr MessageLimits kOuterLimits = {kOuter};

std::string Tag(uint32_t number, uint32_t type) {
  std::string out;
  uint32_t tag = number << 3 | type;
  for (; tag >= 0x80; tag >>= 7) out += static_cast<char>(tag | 0x80);
  return out + static_cast<char>(tag);
}
// Texts of less than 128 bytes.
std::string Bytes(uint32_t number, const std::string& value) {
  return Tag(number, 2) + static_cast<char>(value.size()) + value;
}
std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

// "field: description", or "" where nothing is wrong.
std::string Fault(const std::string& bytes,
                  const MessageLimits& limits = kInnerLimits) {
  const auto violation = CheckWire(bytes, limits);
  return violation ? violation->field + ": " + violation->description : "";
}
constexpr char kMalformed[] = ": is not a well-formed protobuf message";

TEST(CheckWire, AcceptsAnEmptyMessage) { EXPECT_EQ(Fault(""), ""); }

TEST(CheckWire, AcceptsEveryFieldAsOftenAsAllowed) {
  EXPECT_EQ(Fault(Bytes(1, "a") + Repeat(Bytes(2, ""), 3) + Tag(4, 0) + "\x7f"),
            "");
}

TEST(CheckWire, RefusesOneElementTooMany) {
  EXPECT_EQ(Fault(Repeat(Bytes(2, ""), 4)), "list: must be at most 3");
}

TEST(CheckWire, CountsTheElementsOfEachNestedMessageByItself) {
  const std::string full = Bytes(1, Repeat(Bytes(2, ""), 3));
  EXPECT_EQ(Fault(full + full, kOuterLimits), "");
  const std::string more = Bytes(1, Repeat(Bytes(2, ""), 4));
  EXPECT_EQ(Fault(full + more, kOuterLimits),
            "items[1].list: must be at most 3");
}

TEST(CheckWire, RefusesASingleFieldThatIsGivenTwice) {
  EXPECT_EQ(Fault(Bytes(1, "a") + Bytes(1, "b")), "text: must be given once");
  EXPECT_EQ(Fault(Bytes(5, "") + Bytes(5, ""), kOuterLimits),
            "one: must be given once");
}

TEST(CheckWire, RefusesAFieldOfAnotherType) {
  EXPECT_THAT(Fault(Tag(1, 0) + "\x01"), HasSubstr("text: has another type"));
  EXPECT_THAT(Fault(Bytes(4, "\x01")), HasSubstr("number: has another type"));
}

TEST(CheckWire, RefusesGroups) {
  EXPECT_EQ(Fault("\x4b\x4c"), kMalformed);  // field 9, start and end
  EXPECT_EQ(Fault("\x4c"), kMalformed);      // the end alone
  EXPECT_EQ(Fault("\x0b\x0c"), "text: has another type than this field");
}

TEST(CheckWire, RefusesTypesThatDoNotExist) {
  EXPECT_EQ(Fault(Tag(9, 6)), kMalformed);
  EXPECT_EQ(Fault(Tag(9, 7)), kMalformed);
}

TEST(CheckWire, RefusesFieldZero) {
  EXPECT_EQ(Fault(std::string("\x00\x01", 2)), kMalformed);
}

TEST(CheckWire, RefusesWhatIsCutShort) {
  const std::string good = Bytes(1, "abc") + Tag(4, 0) + "\x96\x01" +
                           Tag(9, 1) + "12345678" + Tag(9, 5) + "1234";
  ASSERT_EQ(Fault(good), "");
  size_t refused = 0;
  for (size_t size = 1; size < good.size(); ++size) {
    refused += Fault(good.substr(0, size)) != "";
  }
  // But where a field ends.
  EXPECT_EQ(refused, good.size() - 1 - 3);
}

TEST(CheckWire, RefusesALengthBeyondTheMessage) {
  EXPECT_THAT(Fault(Tag(1, 2) + "\x7f" + "abc"), HasSubstr("text: is not"));
  EXPECT_THAT(Fault(Tag(2, 2) + "\xff\xff\xff\xff\x0f"),
              HasSubstr("list: is not"));
}

TEST(CheckWire, RefusesVarintsThatAreTooLong) {
  const std::string longest = Repeat("\xff", 9) + "\x01";
  EXPECT_EQ(Fault(Tag(4, 0) + longest), "");
  EXPECT_THAT(Fault(Tag(4, 0) + Repeat("\xff", 10) + "\x01"),
              HasSubstr("number: is not"));
  EXPECT_EQ(Fault(Repeat("\xff", 5) + "\x01"), kMalformed);  // a tag
  EXPECT_THAT(Fault(Tag(1, 2) + Repeat("\x80", 5) + std::string(1, '\0')),
              HasSubstr("text: is not"));  // a length
}

TEST(CheckWire, RefusesATagOfMoreThan32Bits) {
  EXPECT_EQ(Fault(Repeat("\xff", 4) + "\x7f"), kMalformed);
}

TEST(CheckWire, AcceptsSomeUnknownFieldsOfEveryType) {
  EXPECT_EQ(Fault(Tag(9, 0) + "\x01" + Tag(10, 1) + "12345678" +
                  Bytes(3000, "abc") + Tag(12, 5) + "1234"),
            "");
}

TEST(CheckWire, RefusesManyUnknownFields) {
  const std::string unknown = Tag(9, 0) + "\x01";
  EXPECT_EQ(Fault(Repeat(unknown, kMaxUnknownFields)), "");
  EXPECT_THAT(Fault(Repeat(unknown, kMaxUnknownFields + 1)),
              HasSubstr(": has more than 64 fields or 16384 bytes"));
}

TEST(CheckWire, RefusesManyBytesInUnknownFields) {
  const std::string unknown = Tag(9, 2) + "\x80\x20" + std::string(4096, 'x');
  EXPECT_EQ(Fault(Repeat(unknown, 3)), "");
  EXPECT_THAT(Fault(Repeat(unknown, 4)), HasSubstr("has more than 64 fields"));
}

TEST(CheckWire, CountsUnknownFieldsOfNestedMessagesTogether) {
  const std::string item = Bytes(1, Repeat(Tag(9, 0) + "\x01", 32));
  EXPECT_EQ(Fault(item + item, kOuterLimits), "");
  EXPECT_THAT(Fault(item + item + Tag(9, 0) + "\x01", kOuterLimits),
              HasSubstr("has more than 64 fields"));
}

// A nested message that is unknown is bytes: its depth costs nothing.
TEST(CheckWire, DoesNotLookIntoUnknownMessages) {
  std::string deep;
  for (int i = 0; i < 60; ++i)
    deep = Tag(9, 2) + static_cast<char>(deep.size()) + deep;
  EXPECT_EQ(Fault(deep), "");
}

TEST(CheckWire, NamesTheElementThatIsMalformed) {
  EXPECT_THAT(Fault(Bytes(1, "") + Bytes(1,
                                         "\x0a\x05"
                                         "ab"),
                    kOuterLimits),
              HasSubstr("items[1].text: is not"));
  EXPECT_THAT(Fault(Bytes(1, "\x4b"), kOuterLimits),
              HasSubstr("items[0]: is not"));
}

TEST(CheckWire, QuotesNoValue) {
  EXPECT_THAT(Fault(Bytes(1, "SECRET") + Bytes(1, "SECRET")),
              ::testing::Not(HasSubstr("SECRET")));
}

}  // namespace
}  // namespace usher::rpc
