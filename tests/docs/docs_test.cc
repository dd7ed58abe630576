#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/docs/pages.h"
#include "tests/support/paths.h"
#include "usher/reason.h"

namespace usher::docs {
namespace {

using ::testing::HasSubstr;

std::string TextOf(const std::string& path) {
  std::ifstream file(std::string(testing::kSourceDir) + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Docs, AreUpToDate) {
  for (const Page& page : Pages()) {
    EXPECT_TRUE(TextOf(page.path) == page.text)
        << page.path << " is not what the code generates; run tools/docs";
  }
}

TEST(Docs, ListEveryReasonWithItsAdvice) {
  const std::string page = ReasonsPage();
  for (const ReasonInfo& row : Reasons()) {
    EXPECT_THAT(page, HasSubstr("### " + std::string(row.name)));
    EXPECT_THAT(page, HasSubstr(std::string(row.advice)));
  }
}

TEST(Docs, NameEveryStatusCode) {
  EXPECT_THAT(ReasonsPage(), ::testing::Not(HasSubstr("| code ")));
}

}  // namespace
}  // namespace usher::docs
