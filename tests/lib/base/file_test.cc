#include "lib/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "lib/base/text/strings.h"
#include "tests/support/scratch_directory.h"

namespace usher::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScratchDirectory;
using ::testing::StartsWith;

std::string ErrorOf(const absl::StatusOr<std::string>& content) {
  return content.ok() ? "" : std::string(Std(content.status().message()));
}

TEST(ReadFile, GivesEveryByte) {
  ScratchDirectory directory;
  const std::string bytes = std::string(200'000, 'x') + '\0' + "\r\n";
  const std::string path = directory.Write("f", bytes);
  EXPECT_EQ(*ReadFile(path, bytes.size()), bytes);
  EXPECT_EQ(*ReadFile(directory.Write("empty", ""), 10), "");
}

TEST(ReadFile, RefusesAFileOverTheLimitWithoutQuotingIt) {
  ScratchDirectory directory;
  const std::string path = directory.Write("f", "secret");
  EXPECT_TRUE(ReadFile(path, 6).ok());
  const std::string error = ErrorOf(ReadFile(path, 5));
  EXPECT_EQ(error, StrCat("cannot read ", path, ": larger than 5 bytes"));
  EXPECT_THAT(error, Not(HasSubstr("secret")));
}

TEST(ReadFile, NamesThePathOfAFileThatIsNotThere) {
  EXPECT_EQ(ErrorOf(ReadFile("/nonexistent/f", 10)),
            "cannot read /nonexistent/f: No such file or directory");
}

TEST(ReadFile, RefusesADirectoryADeviceAndAPipeWithoutWaiting) {
  ScratchDirectory directory;
  const std::string pipe = directory.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& path :
       {directory.path(), std::string("/dev/zero"), pipe}) {
    EXPECT_EQ(ErrorOf(ReadFile(path, 10)),
              StrCat("cannot read ", path, ": not a regular file"));
  }
}

TEST(ReadFile, FollowsLinks) {
  ScratchDirectory directory;
  directory.Write("f", "text");
  const std::string link = directory.path() + "/link";
  std::filesystem::create_symlink("f", link);
  EXPECT_EQ(*ReadFile(link, 10), "text");
}

TEST(ReadFileOrPipe, ReadsAPipeToItsEnd) {
  ScratchDirectory directory;
  const std::string pipe = directory.path() + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text(100'000, 'x');
  std::thread writer([&] { directory.Write("pipe", text); });
  EXPECT_EQ(*ReadFileOrPipe(pipe, text.size()), text);
  writer.join();
}

TEST(ReadFileOrPipe, IsBoundedToo) {
  EXPECT_THAT(ErrorOf(ReadFileOrPipe("/dev/zero", 10)),
              HasSubstr("larger than 10 bytes"));
  EXPECT_THAT(ErrorOf(ReadFileOrPipe("/nonexistent/f", 10)),
              StartsWith("cannot read /nonexistent/f: "));
  ScratchDirectory directory;
  EXPECT_THAT(ErrorOf(ReadFileOrPipe(directory.path(), 10)),
              HasSubstr("Is a directory"));
}

TEST(ContentId, TellsContentsAndErrorsApart) {
  const absl::StatusOr<std::string> one = "one";
  const absl::StatusOr<std::string> two = "two";
  const absl::StatusOr<std::string> error = absl::NotFoundError("one");
  const absl::StatusOr<std::string> other = absl::NotFoundError("two");
  EXPECT_EQ(ContentIdOf(one), ContentIdOf(std::string("one")));
  EXPECT_NE(ContentIdOf(one), ContentIdOf(two));
  EXPECT_NE(ContentIdOf(one), ContentIdOf(error));
  EXPECT_NE(ContentIdOf(error), ContentIdOf(other));
}

// One file, watched as a user of FileWatch does.
struct WatchedFile {
  explicit WatchedFile(std::string file) : path(std::move(file)) { Use(); }
  FileWatch::Contents Now() const { return {ContentIdOf(ReadFile(path, 100))}; }
  void Use() { watch.SetInUse(Now()); }
  bool Poll() { return watch.Poll(Now()); }
  // Every change must be seen within two polls.
  bool Changed() { return Poll() || Poll(); }

  const std::string path;
  FileWatch watch;
};

TEST(FileWatch, SeesAFileWrittenInPlace) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  EXPECT_FALSE(file.Changed());
  directory.Write("f", "two");
  EXPECT_TRUE(file.Changed());
  file.Use();
  EXPECT_FALSE(file.Changed());
}

TEST(FileWatch, SeesAChangeThatKeepsSizeAndTimes) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  const auto time = std::filesystem::last_write_time(file.path);
  directory.Write("f", "two");
  std::filesystem::last_write_time(file.path, time);
  EXPECT_TRUE(file.Changed());
}

TEST(FileWatch, LeavesAFileThatIsBeingWrittenToTheNextPoll) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  EXPECT_FALSE(file.Poll());
  for (const char* text : {"t", "tw", "two"}) {
    directory.Write("f", text);
    EXPECT_FALSE(file.Poll());
  }
  EXPECT_TRUE(file.Changed());
}

TEST(FileWatch, SaysSoUntilTheContentIsInUse) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  directory.Write("f", "two");
  EXPECT_TRUE(file.Changed());
  EXPECT_TRUE(file.Poll());
  directory.Write("f", "one");
  EXPECT_FALSE(file.Changed());
}

TEST(FileWatch, SeesNothingInAFileThatIsTouchedOrReplacedByTheSameContent) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  std::filesystem::rename(directory.Write("other", "one"), file.path);
  EXPECT_FALSE(file.Changed());
}

TEST(FileWatch, SeesAnotherFileRenamedOverIt) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  std::filesystem::rename(directory.Write("other", "two"), file.path);
  EXPECT_TRUE(file.Changed());
}

TEST(FileWatch, SeesTheSwapOfALinkToADirectory) {
  ScratchDirectory directory;
  const std::filesystem::path root = directory.path();
  for (const std::string version : {"v1", "v2"}) {
    std::filesystem::create_directory(root / version);
    directory.Write(version + "/f", version);
  }
  std::filesystem::create_directory_symlink("v1", root / "..data");
  std::filesystem::create_symlink("..data/f", root / "f");
  WatchedFile file((root / "f").string());
  EXPECT_FALSE(file.Changed());
  std::filesystem::create_directory_symlink("v2", root / "..new");
  std::filesystem::rename(root / "..new", root / "..data");
  EXPECT_TRUE(file.Changed());
}

TEST(FileWatch, SeesAFileGoAndComeBack) {
  ScratchDirectory directory;
  WatchedFile file(directory.Write("f", "one"));
  std::filesystem::remove(file.path);
  EXPECT_TRUE(file.Changed());
  file.Use();
  EXPECT_FALSE(file.Changed());
  directory.Write("f", "one");
  EXPECT_TRUE(file.Changed());
}

TEST(FileWatch, WaitsUntilAllFilesOfASetStandStill) {
  FileWatch watch;
  watch.SetInUse({1, 2});
  EXPECT_FALSE(watch.Poll({10, 2}));
  EXPECT_FALSE(watch.Poll({10, 20}));
  EXPECT_TRUE(watch.Poll({10, 20}));
}

TEST(PathForMessage, ShowsPathsAndNeverWhatLooksLikeContent) {
  EXPECT_EQ(PathForMessage("/etc/usher/tls.key"), "/etc/usher/tls.key");
  for (const std::string& secret :
       {std::string("/etc/usher/-----BEGIN PRIVATE KEY----- MIIEsecret"),
        std::string("first\nMIIEsecret"), "/etc/" + std::string(300, 's'),
        std::string("MIIEsecret\r")}) {
    const std::string shown = PathForMessage(secret);
    EXPECT_EQ(shown.find("MIIE"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("ssss"), std::string::npos) << shown;
  }
}

TEST(ReadFile, DoesNotQuoteAKeyThatStandsInPlaceOfAPath) {
  for (const auto& read : {ReadFile, ReadFileOrPipe}) {
    const auto status =
        read("-----BEGIN PRIVATE KEY-----\nMIIEsecret\n", 100).status();
    const std::string message(Std(status.message()));
    EXPECT_EQ(message.find("MIIE"), std::string::npos) << message;
    EXPECT_NE(message.find("set the path"), std::string::npos) << message;
  }
}

TEST(ReplaceFile, ReplacesAFileInOneStep) {
  const testing::ScratchDirectory directory;
  const std::string path = directory.Write("file", "old");
  EXPECT_TRUE(ReplaceFile(path, "new\n").ok());
  EXPECT_EQ(*ReadFile(path, 100), "new\n");
  // Nothing is left beside it.
  EXPECT_EQ(
      std::distance(std::filesystem::directory_iterator(directory.path()), {}),
      1);
}

TEST(ReplaceFile, ReplacesALinkAndNotItsTarget) {
  const testing::ScratchDirectory directory;
  const std::string target = directory.Write("target", "precious");
  const std::string link = directory.path() + "/link";
  std::filesystem::create_symlink(target, link);
  EXPECT_TRUE(ReplaceFile(link, "new").ok());
  EXPECT_EQ(*ReadFile(target, 100), "precious");
  EXPECT_EQ(*ReadFile(link, 100), "new");
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST(ReplaceFile, SaysWhyItFails) {
  const absl::Status status = ReplaceFile("/no/such/directory/file", "x");
  EXPECT_EQ(std::string(Std(status.message())),
            "cannot write /no/such/directory/file: No such file or directory");
}

TEST(OpenToAppend, FollowsOwnLinksOnly) {
  const testing::ScratchDirectory directory;
  const std::string target = directory.Write("target", "a");
  const std::string link = directory.path() + "/link";
  std::filesystem::create_symlink(target, link);
  const Opened own = OpenToAppend(link, 0600);
  ASSERT_GE(own.fd, 0) << own.error;
  EXPECT_EQ(write(own.fd, "b", 1), 1);
  close(own.fd);
  EXPECT_EQ(*ReadFile(target, 100), "ab");
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a link away";
  ASSERT_EQ(lchown(link.c_str(), 12345, 12345), 0);
  const Opened foreign = OpenToAppend(link, 0600);
  EXPECT_EQ(foreign.fd, -1);
  EXPECT_EQ(foreign.error, ELOOP);
}

}  // namespace
}  // namespace usher::base
