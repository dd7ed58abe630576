#include "lib/yaml/file_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scratch_directory.h"

namespace usher::yaml {
namespace {

using ::testing::ElementsAre;
using testing::ScratchDirectory;

std::vector<std::string> PathsOf(const std::vector<FileRead>& files) {
  std::vector<std::string> paths;
  for (const FileRead& file : files) paths.push_back(file.path);
  return paths;
}

TEST(FilesToWatch, AreThoseThatTheConfigurationContains) {
  const std::vector<FileRead> files = {{"usher.yaml", 10, true, 1},
                                       {"keys.json", 10, false, 2},
                                       {"ca.pem", 10, true, 3}};
  EXPECT_THAT(PathsOf(FilesToWatch(files, /*has_errors=*/false)),
              ElementsAre("usher.yaml", "ca.pem"));
  EXPECT_THAT(PathsOf(FilesToWatch(files, /*has_errors=*/true)),
              ElementsAre("usher.yaml", "keys.json", "ca.pem"));
}

TEST(CurrentContents, DifferFromThoseReadOnceAFileHasChanged) {
  ScratchDirectory directory;
  Files files(directory.path());
  for (const char* name : {"a", "b"}) {
    static_cast<void>(
        files.Read(directory.Write(name, "one"), Files::Use::kStore));
  }
  const std::vector<FileRead> read = files.All();
  EXPECT_EQ(CurrentContents(read), ContentsRead(read));
  directory.Write("b", "two");
  EXPECT_NE(CurrentContents(read), ContentsRead(read));
}

}  // namespace
}  // namespace usher::yaml
