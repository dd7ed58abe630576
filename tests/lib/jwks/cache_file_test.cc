// Keys from a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/lib/jwks/cache_fixture.h"
#include "tests/support/scratch_directory.h"

namespace usher::jwks {
namespace {

using testing::CacheFixture;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JwksOf;
using testing::KeysOf;
using testing::KidsOf;
using ::testing::Optional;
using ::testing::Pair;
using testing::ScratchDirectory;
using Outcome = Cache::Outcome;

struct FileCacheFixture : CacheFixture {
  ScratchDirectory directory;
  std::string path = directory.path() + "/keys.json";

  // Replaces the file by renaming a new one, as careful programs do.
  void Replace(const std::string& text) {
    std::filesystem::rename(directory.Write("next", text), path);
  }
  std::shared_ptr<Cache> StartedCache() {
    auto cache = Make(JwksFile{path});
    cache->Start();
    return cache;
  }
};

TEST(CacheFile, IsReadBeforeStartReturns) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.Make(JwksFile{world.path});
  cache->Start(absl::Hours(1));  // a file has no provider to spare
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_THAT(world.observer.fetches(),
              ElementsAre(Pair(Trigger::kStartup, true)));
}

TEST(CacheFile, IsReadAgainWithinTwoSecondsOfAChange) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  world.Replace(JwksOf({"b", "c"}));
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b", "c"));
  EXPECT_THAT(world.observer.changes(), ElementsAre(1, 2));
}

TEST(CacheFile, IsNotReadAgainWithoutAChange) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  world.Pass(absl::Hours(24), absl::Minutes(1));
  EXPECT_EQ(KeysOf(*cache).generation, 1u);
  EXPECT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now()));
}

// Network file systems report times late.
TEST(CacheFile, IsReadAgainThoughItsTimeAndSizeAreTheSame) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto time = std::filesystem::last_write_time(world.path);
  const auto cache = world.StartedCache();
  world.directory.Write("keys.json", JwksOf({"b"}));
  std::filesystem::last_write_time(world.path, time);
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheFile, IsNotReadWhileItIsBeingWritten) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  const std::string next = JwksOf({"b"});
  for (size_t size = 10; size < 200; size += 10) {
    world.directory.Write("keys.json", next.substr(0, size));
    world.scheduler.Advance(absl::Seconds(1));
    ASSERT_EQ(cache->Status().failures, 0) << size;
  }
  world.directory.Write("keys.json", next);
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheFile, FollowsLinksThatKubernetesReplaces) {
  FileCacheFixture world;
  const std::string root = world.directory.path();
  std::filesystem::create_directory(root + "/v1");
  std::filesystem::create_directory(root + "/v2");
  world.directory.Write("v1/keys.json", JwksOf({"a"}));
  world.directory.Write("v2/keys.json", JwksOf({"b"}));
  std::filesystem::create_directory_symlink("v1", root + "/..data");
  std::filesystem::create_symlink("..data/keys.json", world.path);
  const auto cache = world.StartedCache();
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  std::filesystem::create_directory_symlink("v2", root + "/..data_tmp");
  std::filesystem::rename(root + "/..data_tmp", root + "/..data");
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheFile, ServesTheLastKeysAsStaleWhileTheFileIsBroken) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  world.Replace("half a fi");
  world.Pass(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
  EXPECT_TRUE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_THAT(cache->Status().last_error, Optional(HasSubstr(world.path)));
  EXPECT_EQ(cache->OutcomeNow({}), Outcome::kUndecided);
  const absl::Time unusable = KeysOf(*cache).usable_until;
  EXPECT_LE(unusable, world.clock.Now() + absl::Hours(4));

  world.Pass(absl::Minutes(10));
  EXPECT_EQ(KeysOf(*cache).usable_until, unusable);  // counted once
  EXPECT_LE(world.observer.fetches().size(), 35u);   // backs off
  world.Replace(JwksOf({"b"}));
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
  EXPECT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_EQ(cache->Status().last_error, std::nullopt);
}

TEST(CacheFile, ServesTheLastKeysAsStaleWhileTheFileIsMissing) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  const std::string aside = world.path + ".aside";
  std::filesystem::rename(world.path, aside);
  world.Pass(absl::Seconds(2));
  EXPECT_TRUE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_TRUE(KeysOf(*cache).UsableAt(world.clock.Now()));
  std::filesystem::rename(aside, world.path);
  world.Pass(absl::Seconds(2));
  EXPECT_FALSE(KeysOf(*cache).StaleAt(world.clock.Now()));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
}

TEST(CacheFile, IsAFailedFetchIfItCannotBeReadAtTheStart) {
  FileCacheFixture world;
  const auto cache = world.StartedCache();
  EXPECT_THAT(KidsOf(*cache), IsEmpty());
  EXPECT_THAT(world.observer.fetches(),
              ElementsAre(Pair(Trigger::kStartup, false)));
  EXPECT_EQ(cache->OutcomeNow({}), Outcome::kUndecided);
  world.Replace(JwksOf({"a"}));
  world.scheduler.Advance(absl::Seconds(2));
  EXPECT_THAT(KidsOf(*cache), ElementsAre("a"));
}

TEST(CacheFile, AnUnknownKidIsNotFoundWithoutAWait) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  EXPECT_EQ(cache->OutcomeNow({.issued_at = world.clock.Now()}),
            Outcome::kNotFound);
  EXPECT_EQ(cache->AwaitKey({}, absl::InfiniteFuture(),
                            [](Outcome) { ADD_FAILURE(); }),
            Outcome::kNotFound);
}

TEST(CacheFile, IsReadByARefresh) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  const auto cache = world.StartedCache();
  world.Replace(JwksOf({"b"}));
  absl::Status told = absl::UnknownError("not told");
  cache->Refresh([&](absl::Status status) { told = status; });
  EXPECT_TRUE(told.ok());
  EXPECT_THAT(KidsOf(*cache), ElementsAre("b"));
}

TEST(CacheFile, IsNotReadAfterStop) {
  FileCacheFixture world;
  world.Replace(JwksOf({"a"}));
  auto cache = world.StartedCache();
  cache->Stop();
  EXPECT_EQ(world.scheduler.pending(), 0u);
  cache.reset();
  world.Pass(absl::Seconds(10));
}

}  // namespace
}  // namespace usher::jwks
