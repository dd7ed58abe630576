#include "server/stats/audit_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/text/strings.h"
#include "server/stats/audit_sampler.h"

namespace usher::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AuditFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = ::testing::TempDir() + "usher-audit-XXXXXX";
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    directory_ = path;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name = "audit.jsonl") const {
    return directory_ + "/" + name;
  }
  std::unique_ptr<AuditLog> Log(const std::string& file) {
    return std::make_unique<AuditLog>(config::Audit{.file = file}, clock_);
  }
  static std::string TextOf(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  }
  // Spins until the writer has dealt with that many lines.
  static void AwaitWritten(const AuditLog& log, uint64_t lines) {
    while (log.count(AuditLine::kWritten) < lines) std::this_thread::yield();
  }

  const base::SystemClock clock_;
  std::string directory_;
};

TEST_F(AuditFile, HasEveryLineInOrderAfterTheLogIsDestroyed) {
  auto log = Log(Path());
  ASSERT_TRUE(log->Open().ok());
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    log->Write("line " + std::to_string(i));
    expected += "line " + std::to_string(i) + "\n";
  }
  log.reset();
  EXPECT_EQ(TextOf(Path()), expected);
}

TEST_F(AuditFile, IsAppendedToAndNotReadableForOthers) {
  for (const char* line : {"first", "second"}) {
    auto log = Log(Path());
    ASSERT_TRUE(log->Open().ok());
    log->Write(line);
  }
  EXPECT_EQ(TextOf(Path()), "first\nsecond\n");
  struct stat about;
  ASSERT_EQ(stat(Path().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07, 0u);
}

TEST_F(AuditFile, IsCreatedAgainAfterItWasRenamed) {
  auto log = Log(Path());
  ASSERT_TRUE(log->Open().ok());
  log->Write("before");
  AwaitWritten(*log, 1);
  std::filesystem::rename(Path(), Path("audit.1"));
  log->Write("after");
  log.reset();
  EXPECT_EQ(TextOf(Path("audit.1")), "before\n");
  EXPECT_EQ(TextOf(Path()), "after\n");
}

TEST_F(AuditFile, ThatCannotBeWrittenGivesAnErrorWithItsName) {
  const absl::Status opened = Log(Path("no/such/directory"))->Open();
  EXPECT_THAT(std::string(base::Std(opened.message())),
              StartsWith("audit.file: cannot write " + directory_));
  EXPECT_THAT(std::string(base::Std(opened.message())),
              EndsWith("No such file or directory"));
}

TEST_F(AuditFile, WithoutAReaderLosesAndCountsLinesWithoutWaiting) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader =
      open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  auto log = Log(Path("pipe"));
  ASSERT_TRUE(log->Open().ok());
  // More than the pipe and the queue hold together.
  const std::string line(64 << 10, 'x');
  for (int i = 0; i < 200; ++i) log->Write(line);
  EXPECT_GT(log->count(AuditLine::kQueueFull), 0u);
  EXPECT_LT(log->count(AuditLine::kWritten), 200u);
  log.reset();  // ends although no process reads
  close(reader);
}

TEST(AuditSampler, SamplesVerifiedTokensEvenly) {
  AuditSampler tenth(0.1, 1);
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += tenth.WantsVerified();
  EXPECT_EQ(taken, 100);
  AuditSampler all(1, 1), none(0, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(all.WantsVerified());
    EXPECT_FALSE(none.WantsVerified());
  }
}

TEST(AuditSampler, LimitsRefusalsPerSecondAndCountsTheOthers) {
  AuditSampler rule(1, 3);
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  int taken = 0;
  for (int i = 0; i < 10; ++i) taken += rule.WantsRefused(now);
  EXPECT_EQ(taken, 3);
  EXPECT_TRUE(rule.WantsRefused(now + absl::Seconds(1)));
  EXPECT_EQ(rule.TakeLeftOut(), 7u);
  EXPECT_EQ(rule.TakeLeftOut(), 0u);
}

}  // namespace
}  // namespace usher::server
