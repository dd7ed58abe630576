#include "lib/revocation/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/scratch_directory.h"

namespace usher::revocation {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

Revocation Subject(const std::string& subject, absl::Time at = kNow) {
  return {.target = {"corp", "", Kind::kSubject, subject},
          .not_issued_after = at,
          .revoked_at = at,
          .reason = "left",
          .operator_name = "ops"};
}

class JournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<Journal> Open() {
    auto journal = Journal::Open(path);
    EXPECT_TRUE(journal.ok()) << journal.status();
    return journal.ok() ? *std::move(journal) : nullptr;
  }
  static void Put(Journal& journal, const Revocation& revocation) {
    ASSERT_TRUE(journal.Begin().ok());
    ASSERT_TRUE(journal.Put(revocation).ok());
    ASSERT_TRUE(journal.Commit().ok());
  }
  static std::vector<Revocation> All(Journal& journal) {
    std::vector<Revocation> all;
    const absl::Status read =
        journal.ForEach([&](const Revocation& one) { all.push_back(one); });
    EXPECT_TRUE(read.ok()) << read;
    return all;
  }

  const testing::ScratchDirectory directory;
  const std::string path = directory.path() + "/revocations.db";
};

TEST_F(JournalTest, KeepsWhatWasCommitted) {
  Revocation everything = {.target = {"corp", "a", Kind::kEverything, ""},
                           .not_issued_after = kNow,
                           .revoked_at = kNow + absl::Nanoseconds(1),
                           .reason = "leak\n\"quoted\"",
                           .operator_name = "spiffe://corp/ops"};
  Revocation token = {
      .target = {"corp", "", Kind::kTokenId, std::string("nul\0inside", 10)},
      .revoked_at = kNow};
  {
    const auto journal = Open();
    Put(*journal, everything);
    Put(*journal, token);
  }
  EXPECT_THAT(All(*Open()), ::testing::ElementsAre(everything, token));
}

TEST_F(JournalTest, IsReadableForItsOwnerOnly) {
  const auto journal = Open();
  Put(*journal, Subject("ada"));
  for (const auto& file :
       std::filesystem::directory_iterator(directory.path())) {
    struct stat found;
    ASSERT_EQ(stat(file.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777u, 0600u) << file.path();
  }
}

TEST_F(JournalTest, ForgetsWhatWasRolledBack) {
  const auto journal = Open();
  ASSERT_TRUE(journal->Begin().ok());
  ASSERT_TRUE(journal->Put(Subject("ada")).ok());
  journal->Rollback();
  EXPECT_THAT(All(*journal), ::testing::IsEmpty());
}

TEST_F(JournalTest, KeepsTheLaterOfTwoRevocationsOfOneTarget) {
  const auto journal = Open();
  Put(*journal, Subject("ada", kNow));
  Put(*journal, Subject("ada", kNow - absl::Hours(1)));
  const auto all = All(*journal);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].not_issued_after, kNow);
  EXPECT_EQ(all[0].revoked_at, kNow);
}

TEST_F(JournalTest, RemovesATarget) {
  const auto journal = Open();
  Put(*journal, Subject("ada"));
  const Target other = {"corp", "", Kind::kClient, "ada"};
  EXPECT_FALSE(*journal->Remove(other));
  EXPECT_TRUE(*journal->Remove(Subject("ada").target));
  EXPECT_FALSE(*journal->Remove(Subject("ada").target));
  EXPECT_THAT(All(*journal), ::testing::IsEmpty());
}

TEST_F(JournalTest, RemovesTheOldButNotThoseOfKeptIssuers) {
  const auto journal = Open();
  Put(*journal, Subject("ada", kNow - absl::Hours(3)));
  Put(*journal, Subject("bob", kNow - absl::Hours(1)));
  Revocation kept = Subject("eve", kNow - absl::Hours(3));
  kept.target.issuer = "gate";
  Put(*journal, kept);
  const std::vector<std::string> kept_issuers = {"gate"};
  const auto removed =
      journal->RemoveBefore(kNow - absl::Hours(2), kept_issuers, 10);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_THAT(*removed, ::testing::ElementsAre(Subject("ada").target));
  EXPECT_EQ(All(*journal).size(), 2u);
}

TEST_F(JournalTest, ListsTheNewestFirstPageByPage) {
  const auto journal = Open();
  for (const char* subject : {"a", "b", "c", "d", "e"}) {
    Put(*journal, Subject(subject));
  }
  std::string seen;
  Query query = {.most = 2};
  int pages = 0;
  do {
    const auto page = journal->List(query);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const Revocation& one : page->revocations) seen += one.target.value;
    query.after = page->next;
    ++pages;
  } while (query.after);
  EXPECT_EQ(seen, "edcba");
  EXPECT_EQ(pages, 3);
}

TEST_F(JournalTest, ListsWhatIsAskedFor) {
  const auto journal = Open();
  Put(*journal, Subject("ada"));
  Revocation other = Subject("ada");
  other.target.issuer = "partner";
  Put(*journal, other);
  EXPECT_EQ(journal->List({.issuer = "corp"})->revocations.size(), 1u);
  EXPECT_EQ(journal->List({.kind = Kind::kSubject, .value = "ada"})
                ->revocations.size(),
            2u);
  EXPECT_TRUE(journal->List({.kind = Kind::kClient})->revocations.empty());
}

TEST_F(JournalTest, RefusesASecondProcess) {
  const auto journal = Open();
  const auto second = Journal::Open(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("another process uses this file"));
}

TEST_F(JournalTest, RefusesAFileThatIsNotItsOwn) {
  directory.Write("revocations.db", "not a database, but long enough to tell");
  EXPECT_THAT(std::string(Journal::Open(path).status().message()),
              HasSubstr("is not a revocation store"));
  EXPECT_THAT(std::string(Journal::Open(directory.path()).status().message()),
              HasSubstr("is not a regular file"));
}

TEST_F(JournalTest, RefusesAnEmptyFile) {
  directory.Write("revocations.db", "");
  const auto journal = Journal::Open(path);
  EXPECT_EQ(journal.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(journal.status().message()), HasSubstr("is empty"));
}

TEST_F(JournalTest, SaysThatItsDirectoryIsMissing) {
  const auto journal = Journal::Open(directory.path() + "/none/r.db");
  EXPECT_EQ(journal.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(journal.status().message()),
              HasSubstr("its directory must exist"));
}

// Whatever byte of the file is damaged: either it is noticed when the file is
// opened or read, or nothing that was revoked has changed.
TEST_F(JournalTest, NeverReadsADamagedFileAsOneThatRevokesLess) {
  {
    const auto journal = Open();
    for (int i = 0; i < 40; ++i) {
      Put(*journal, Subject("subject-" + std::to_string(i)));
    }
  }
  std::string bytes;
  {
    std::ifstream file(path, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  std::vector<Revocation> before = All(*Open());
  int noticed = 0;
  int tried = 0;
  for (size_t at = 0; at < bytes.size(); at += 331) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const std::string name = "damaged" + std::to_string(at);
    const std::string damaged_path = directory.Write(name, damaged);
    ++tried;
    auto journal = Journal::Open(damaged_path);
    if (!journal.ok()) {
      ++noticed;
      continue;
    }
    std::vector<Revocation> all;
    const absl::Status read =
        (*journal)->ForEach([&](const Revocation& one) { all.push_back(one); });
    if (!read.ok()) {
      ++noticed;
    } else {
      EXPECT_EQ(all, before) << "byte " << at;
    }
  }
  EXPECT_GT(tried, 50);
  EXPECT_GT(noticed, 5);
}

TEST_F(JournalTest, RefusesATruncatedFile) {
  {
    const auto journal = Open();
    for (int i = 0; i < 200; ++i) {
      Put(*journal, Subject("subject-" + std::to_string(i)));
    }
  }
  const auto size = std::filesystem::file_size(path);
  for (const auto part : {size / 4, size / 2, size - 4096}) {
    std::filesystem::resize_file(path, part);
    auto journal = Journal::Open(path);
    if (journal.ok()) {
      EXPECT_FALSE((*journal)->ForEach([](const Revocation&) {}).ok());
    }
    std::filesystem::resize_file(path, size);
  }
}

// A limit on the size of files stands for a full disk.
TEST_F(JournalTest, SaysThatTheDiskIsFullAndGoesOnAfterwards) {
  const auto journal = Open();
  Put(*journal, Subject("ada"));
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = std::filesystem::file_size(path + "-wal");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status stored = journal->Begin();
  for (int i = 0; stored.ok() && i < 1000; ++i) {
    stored = journal->Put(Subject("b" + std::to_string(i))).status();
  }
  if (stored.ok()) stored = journal->Commit();
  journal->Rollback();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(stored.code(), absl::StatusCode::kUnavailable) << stored;
  EXPECT_THAT(std::string(stored.message()), HasSubstr(path));
  EXPECT_EQ(All(*journal).size(), 1u);
  Put(*journal, Subject("bob"));
  EXPECT_EQ(All(*journal).size(), 2u);
}

TEST(EphemeralJournal, KeepsNothing) {
  const auto journal = *Journal::Open(std::nullopt);
  ASSERT_TRUE(journal->Put(Subject("ada")).ok());
  EXPECT_TRUE(*journal->Has(Subject("ada").target));
  EXPECT_FALSE(*(*Journal::Open(std::nullopt))->Has(Subject("ada").target));
}

}  // namespace
}  // namespace usher::revocation
