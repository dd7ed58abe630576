#include "lib/json/base64url.h"

#include <set>

#include "gtest/gtest.h"

namespace usher::json {
namespace {

std::string AllBytes(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(i * 37 + size);
  }
  return bytes;
}

bool Decodes(std::string_view text) {
  std::string out;
  return DecodeBase64Url(text, out);
}

TEST(Base64Url, EncodesTheExamplesOfRfc4648) {
  EXPECT_EQ(EncodeBase64Url(""), "");
  EXPECT_EQ(EncodeBase64Url("f"), "Zg");
  EXPECT_EQ(EncodeBase64Url("fo"), "Zm8");
  EXPECT_EQ(EncodeBase64Url("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64Url("foob"), "Zm9vYg");
  EXPECT_EQ(EncodeBase64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(EncodeBase64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBase64Url("\xfb\xff\xfe"), "-__-");
}

TEST(Base64Url, DecodesWhatItEncodes) {
  std::string out;
  for (size_t size = 0; size < 300; ++size) {
    const std::string bytes = AllBytes(size);
    ASSERT_TRUE(DecodeBase64Url(EncodeBase64Url(bytes), out)) << size;
    ASSERT_EQ(out, bytes);
  }
}

TEST(Base64Url, RefusesEveryOtherCharacterAtEveryPosition) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t size = 2; size <= 12; ++size) {
    if (size % 4 == 1) continue;
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        if (alphabet.find(c) != std::string::npos) continue;
        std::string text(size, 'A');
        text[at] = c;
        ASSERT_FALSE(Decodes(text)) << "byte " << byte << " at " << at;
      }
    }
  }
}

TEST(Base64Url, RefusesPaddingAndWhiteSpace) {
  for (const char* text : {"Zg==", "Zg=", "Zm8=", "Zm9v=", "Zm9v====", " Zm9v",
                           "Zm9v ", "Zm 9v", "Zm9v\n", "Zm9v\r\n", "Zm9v\t",
                           "Zm9v.", "+___", "/___", "Zm9v\xe2\x80\x8b"}) {
    EXPECT_FALSE(Decodes(text)) << text;
  }
  EXPECT_FALSE(Decodes(std::string_view("Zm9v\0", 5)));
}

TEST(Base64Url, RefusesImpossibleLengths) {
  for (const size_t size : {1u, 5u, 9u, 101u}) {
    EXPECT_FALSE(Decodes(std::string(size, 'A'))) << size;
  }
}

TEST(Base64Url, OnlyOneTextDecodesToGivenBytes) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<std::string> seen;
  size_t accepted = 0;
  std::string out;
  for (const char a : alphabet) {
    for (const char b : alphabet) {
      const std::string text = {a, b};
      if (!DecodeBase64Url(text, out)) continue;
      ++accepted;
      EXPECT_TRUE(seen.insert(out).second) << text;
    }
  }
  EXPECT_EQ(accepted, 256u);
  accepted = 0;
  for (const char c : alphabet) accepted += Decodes(std::string("AA") + c);
  EXPECT_EQ(accepted, 16u);
}

TEST(Base64Url, ReusesTheBuffer) {
  std::string out;
  out.reserve(1000);
  const char* data = out.data();
  ASSERT_TRUE(DecodeBase64Url(std::string(1000, 'A'), out));
  EXPECT_EQ(out.size(), 750u);
  EXPECT_EQ(out.data(), data);
  ASSERT_TRUE(DecodeBase64Url("", out));
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace usher::json
