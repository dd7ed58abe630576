#include "lib/jose/ecdsa_der.h"

#include "gtest/gtest.h"
#include "lib/jose/digest.h"

namespace usher::jose {
namespace {

std::string Der(std::string_view joined) {
  const EcdsaDer der = EcdsaToDer(joined);
  return std::string(reinterpret_cast<const char*>(der.bytes.data()), der.size);
}

TEST(EcdsaDer, WritesTheFewestBytes) {
  using namespace std::string_literals;
  EXPECT_EQ(Der("\x00\x01\x00\x02"s), "\x30\x06\x02\x01\x01\x02\x01\x02"s);
  EXPECT_EQ(Der("\x00\x00\x00\x00"s), "\x30\x06\x02\x01\x00\x02\x01\x00"s);
  EXPECT_EQ(Der("\x00\x80\xff\xff"s),
            "\x30\x09\x02\x02\x00\x80\x02\x03\x00\xff\xff"s);
}

TEST(EcdsaDer, SurvivesARoundTripThroughOpenSsl) {
  for (const size_t size : {64u, 96u, 132u}) {
    for (int i = 0; i < 200; ++i) {
      std::string joined = RandomBytes(size);
      // Short numbers too.
      for (int k = 0; k < i % 5; ++k) joined[static_cast<size_t>(k)] = 0;
      EXPECT_EQ(EcdsaFromDer(Der(joined), size), joined);
    }
    const std::string largest(size, '\xff');
    EXPECT_EQ(EcdsaFromDer(Der(largest), size), largest);
  }
}

TEST(EcdsaDer, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(EcdsaFromDer("", 64), std::nullopt);
  EXPECT_EQ(EcdsaFromDer("nonsense", 64), std::nullopt);
  EXPECT_EQ(EcdsaFromDer(Der(std::string(96, '\x7f')), 64), std::nullopt);
}

}  // namespace
}  // namespace usher::jose
