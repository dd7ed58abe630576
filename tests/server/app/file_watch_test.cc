#include "server/app/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/server/net/tls_files.h"

namespace usher::server {
namespace {

struct Watched {
  explicit Watched(std::string file) : path(std::move(file)) { Follow(); }
  void Follow() {
    yaml::FileRead file{path, 1 << 20, true, {}};
    file.content = yaml::CurrentContent(file);
    watch.Follow({file});
  }
  // Whether a change is found within two calls, as it must be.
  bool Changed() { return watch.Poll() || watch.Poll(); }

  std::string path;
  FileWatch watch;
};

TEST(FileWatch, SeesAFileWrittenInPlace) {
  TlsFiles files;
  Watched watched(files.Write("f", "one"));
  EXPECT_FALSE(watched.Changed());
  files.Write("f", "two");
  EXPECT_TRUE(watched.Changed());
  watched.Follow();
  EXPECT_FALSE(watched.Changed());
}

TEST(FileWatch, LeavesAFileThatIsBeingWrittenForTheNextPoll) {
  TlsFiles files;
  Watched watched(files.Write("f", "one"));
  EXPECT_FALSE(watched.watch.Poll());
  for (const char* text : {"t", "tw", "two"}) {
    files.Write("f", text);
    EXPECT_FALSE(watched.watch.Poll());
  }
  EXPECT_TRUE(watched.Changed());
}

TEST(FileWatch, SeesNothingIfTheContentStaysTheSame) {
  TlsFiles files;
  Watched watched(files.Write("f", "one"));
  files.Write("other", "one");
  std::filesystem::rename(
      std::filesystem::path(watched.path).parent_path() / "other",
      watched.path);
  EXPECT_FALSE(watched.Changed());
}

TEST(FileWatch, SeesAnotherFileRenamedOverIt) {
  TlsFiles files;
  Watched watched(files.Write("f", "one"));
  std::filesystem::rename(files.Write("other", "two"), watched.path);
  EXPECT_TRUE(watched.Changed());
}

TEST(FileWatch, SeesTheReplacementOfALinkInThePath) {
  TlsFiles files;
  const auto root = std::filesystem::path(files.Write("x", "")).parent_path();
  for (const char* version : {"v1", "v2"}) {
    std::filesystem::create_directory(root / version);
    files.Write(std::string(version) + "/f", version);
  }
  std::filesystem::create_directory_symlink("v1", root / "..data");
  std::filesystem::create_symlink("..data/f", root / "f");
  Watched watched((root / "f").string());
  EXPECT_FALSE(watched.Changed());
  std::filesystem::create_directory_symlink("v2", root / "..new");
  std::filesystem::rename(root / "..new", root / "..data");
  EXPECT_TRUE(watched.Changed());
}

TEST(FileWatch, SeesAFileDisappearAndComeBack) {
  TlsFiles files;
  Watched watched(files.Write("f", "one"));
  std::filesystem::remove(watched.path);
  EXPECT_TRUE(watched.Changed());
  watched.Follow();
  EXPECT_FALSE(watched.Changed());
  files.Write("f", "one");
  EXPECT_TRUE(watched.Changed());
}

}  // namespace
}  // namespace usher::server
