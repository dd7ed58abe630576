#include "usher/secret.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>
#include <utility>

namespace usher::base {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

TEST(Secret, ShowsItsTextOnlyWhenAsked) {
  const Secret secret(std::string("hunter2"));
  EXPECT_EQ(secret.Reveal(), "hunter2");
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, LeavesNothingBehindWhenMoved) {
  Secret from(std::string("short"));
  const Secret to(std::move(from));
  EXPECT_EQ(to.Reveal(), "short");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move)

  Secret assigned(std::string(100, 'x'));
  assigned = Secret(std::string(200, 'y'));
  EXPECT_EQ(assigned.Reveal(), std::string(200, 'y'));
}

TEST(Secret, StandsAssigningItselfToItself) {
  Secret secret(std::string("hunter2"));
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.Reveal(), "hunter2");
}

TEST(Secret, CopiesIntoMemoryOfItsOwn) {
  const Secret secret(std::string(100, 'x'));
  Secret copy = secret;
  EXPECT_NE(copy.Reveal().data(), secret.Reveal().data());
  EXPECT_EQ(copy.Reveal(), secret.Reveal());
  copy = Secret(std::string("short"));
  copy = secret;
  EXPECT_EQ(copy.Reveal(), secret.Reveal());
  EXPECT_FALSE(secret.empty());
}

TEST(Wipe, OverwritesTheBytesThatWereThere) {
  std::string text(64, 's');
  const char* bytes = text.data();
  const size_t capacity = text.capacity();
  Wipe(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), bytes);
  ASSERT_EQ(text.capacity(), capacity);
  text.resize(64, 'n');  // the same memory: nothing of the old text is left
  EXPECT_EQ(text.find('s'), std::string::npos);
}

}  // namespace
}  // namespace usher::base
