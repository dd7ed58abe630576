#include "lib/jwks/file_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "lib/base/text/strings.h"
#include "tests/lib/jwks/keys_of.h"
#include "tests/support/scratch_directory.h"

namespace usher::jwks {
namespace {

using ::testing::HasSubstr;
using testing::JwksOf;
using testing::KeyNamed;
using testing::ScratchDirectory;

std::string ErrorOf(const std::string& path) {
  const auto keys = ReadKeyFile(path);
  EXPECT_FALSE(keys.ok());
  return std::string(base::Std(keys.status().message()));
}

TEST(ReadKeyFile, ReadsAJwkSet) {
  const ScratchDirectory directory;
  const std::string path = directory.Write("keys", " \n" + JwksOf({"a", "b"}));
  const auto keys = ReadKeyFile(path);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->keys().size(), 2u);
  EXPECT_EQ(keys->keys()[1].kid(), "b");
}

TEST(ReadKeyFile, SkipsAByteOrderMark) {
  const ScratchDirectory directory;
  for (const std::string& text : {JwksOf({"a"}), KeyNamed("a").PublicPem()}) {
    const auto keys =
        ReadKeyFile(directory.Write("keys", "\xef\xbb\xbf" + text));
    EXPECT_TRUE(keys.ok()) << keys.status();
  }
}

TEST(ReadKeyFile, ReadsPemBlocks) {
  const ScratchDirectory directory;
  const std::string path = directory.Write(
      "keys.pem", KeyNamed("a").PublicPem() + KeyNamed("b").PublicPem());
  const auto keys = ReadKeyFile(path);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->keys().size(), 2u);
}

TEST(ReadKeyFile, NamesThePathInErrors) {
  const ScratchDirectory directory;
  const std::string missing = directory.path() + "/missing";
  EXPECT_THAT(ErrorOf(missing), HasSubstr(missing + ": "));
  for (const char* text : {"", "garbage", "{", "{\"keys\":[]}", "[]"}) {
    const std::string path = directory.Write("keys", text);
    EXPECT_THAT(ErrorOf(path), ::testing::StartsWith(path + ": ")) << text;
  }
}

TEST(ReadKeyFile, AcceptsOnlyABoundedRegularFile) {
  const ScratchDirectory directory;
  EXPECT_THAT(ErrorOf(directory.path()),
              ::testing::EndsWith("not a regular file"));
  const std::string fifo = directory.path() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(fifo), ::testing::EndsWith("not a regular file"));
  const std::string large =
      directory.Write("large", std::string((1 << 20) + 1, ' '));
  EXPECT_THAT(ErrorOf(large), ::testing::EndsWith("larger than 1048576 bytes"));
}

}  // namespace
}  // namespace usher::jwks
