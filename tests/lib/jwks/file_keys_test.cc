#include "lib/jwks/file_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "lib/base/strings.h"
#include "tests/lib/jwks/keys_of.h"
#include "tests/support/scratch_directory.h"

namespace usher::jwks {
namespace {

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
  EXPECT_THAT(ErrorOf(missing), ::testing::StartsWith(missing + ": "));
  for (const char* text : {"", "garbage", "{", "{\"keys\":[]}", "[]"}) {
    const std::string path = directory.Write("keys", text);
    EXPECT_THAT(ErrorOf(path), ::testing::StartsWith(path + ": ")) << text;
  }
}

TEST(ReadKeyFile, AcceptsOnlyABoundedRegularFile) {
  const ScratchDirectory directory;
  EXPECT_THAT(ErrorOf(directory.path()),
              ::testing::EndsWith("is not a regular file"));
  const std::string fifo = directory.path() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(fifo), ::testing::EndsWith("is not a regular file"));
  const std::string large =
      directory.Write("large", std::string((1 << 20) + 1, ' '));
  EXPECT_THAT(ErrorOf(large), ::testing::EndsWith("is larger than 1 MiB"));
}

TEST(MarkOf, DiffersForAReplacedFile) {
  const ScratchDirectory directory;
  const std::string path = directory.Write("keys", "one");
  const auto before = MarkOf(path);
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(MarkOf(path), before);
  std::filesystem::rename(directory.Write("next", "two"), path);
  EXPECT_NE(MarkOf(path), before);
  std::filesystem::remove(path);
  EXPECT_EQ(MarkOf(path), std::nullopt);
}

// How Kubernetes updates a mounted ConfigMap: keys -> ..data/keys, and ..data
// is a link that is renamed over.
TEST(MarkOf, DiffersWhenALinkToADirectoryIsReplaced) {
  const ScratchDirectory directory;
  const std::string root = directory.path();
  std::filesystem::create_directory(root + "/v1");
  std::filesystem::create_directory(root + "/v2");
  directory.Write("v1/keys", "same");
  directory.Write("v2/keys", "same");
  std::filesystem::create_directory_symlink("v1", root + "/..data");
  std::filesystem::create_symlink("..data/keys", root + "/keys");
  const auto before = MarkOf(root + "/keys");
  std::filesystem::create_directory_symlink("v2", root + "/..data_tmp");
  std::filesystem::rename(root + "/..data_tmp", root + "/..data");
  EXPECT_NE(MarkOf(root + "/keys"), before);
}

}  // namespace
}  // namespace usher::jwks
