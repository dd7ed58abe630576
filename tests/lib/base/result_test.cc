#include "lib/base/result.h"

#include <gtest/gtest.h>

#include <memory>

#include "absl/status/statusor.h"

namespace usher::base {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Refusal{Reason::kClaimInvalid, "is odd", "n"};
  return number / 2;
}

Result<int> Quarter(int number) {
  USHER_TRY(const int half, Half(number));
  return Half(half);
}

absl::StatusOr<int> Read(bool well) {
  if (!well) return absl::NotFoundError("no such file");
  return 4;
}

absl::StatusOr<int> ReadTwice(bool well) {
  USHER_TRY(const int first, Read(true));
  USHER_TRY(const int second, Read(well));
  return first + second;
}

TEST(Result, HoldsAValue) {
  const Result<int> result = Half(8);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsARefusalInstead) {
  const Result<int> result = Half(7);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.refusal(), (Refusal{Reason::kClaimInvalid, "is odd", "n"}));
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 3);
}

TEST(UsherTry, LeavesWithTheRefusal) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(7).refusal().message, "is odd");
  EXPECT_EQ(Quarter(6).refusal().reason, Reason::kClaimInvalid);
}

TEST(UsherTry, LeavesWithTheStatusOfAStatusOr) {
  EXPECT_EQ(*ReadTwice(true), 8);
  EXPECT_EQ(ReadTwice(false).status(), absl::NotFoundError("no such file"));
}

}  // namespace
}  // namespace usher::base
