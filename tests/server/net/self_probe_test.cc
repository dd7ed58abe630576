#include "server/net/self_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "server/net/acceptor.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Minutes(1);
constexpr absl::Duration kShort = absl::Milliseconds(50);
const std::string kSettings("\0\0\0\4\0\0\0\0\0", 9);

class SelfProbeTest : public ::testing::Test {
 protected:
  SelfProbeTest() {
    auto opened = Acceptor::Listen("127.0.0.1:0", "listen", 64, stats, log);
    EXPECT_TRUE(opened.ok()) << opened.status();
    acceptor = *std::move(opened);
  }
  // From now on sends `answer` to each client and closes the connection.
  void Answer(const std::string& answer) {
    const bool started = [&] {
      const base::MutexLock lock(mutex);
      return std::exchange(answer_, answer).has_value();
    }();
    if (started) return;
    acceptor->Start([this](int fd) {
      const std::string bytes = [this] {
        const base::MutexLock lock(mutex);
        return *answer_;
      }();
      EXPECT_EQ(write(fd, bytes.data(), bytes.size()),
                static_cast<ssize_t>(bytes.size()));
      shutdown(fd, SHUT_WR);
      closing.push_back(fd);  // so that no reset overtakes the bytes
    });
  }
  ~SelfProbeTest() override {
    acceptor->Stop();
    for (const int fd : closing) close(fd);
  }
  std::string Probe(ProbeProtocol protocol, absl::Duration timeout = kLong) {
    const absl::Status answer =
        ProbeListener(acceptor->address(), protocol, timeout, acceptor.get());
    return std::string(base::Std(answer.message()));
  }

  SelfProbe Probing(std::vector<std::string>& deaf) {
    return SelfProbe(
        {{stats, acceptor->address(), ProbeProtocol::kHttp2, acceptor.get()}},
        kLong, log, [&deaf](const std::string& why) { deaf.push_back(why); });
  }

  const base::SystemClock clock;
  base::Mutex mutex;
  std::optional<std::string> answer_ ABSL_GUARDED_BY(mutex);
  std::vector<int> closing;  // of the acceptor's thread
  std::string written;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { written += line; }};
  ListenerStats stats{"listen"};
  std::unique_ptr<Acceptor> acceptor;
};

TEST_F(SelfProbeTest, AcceptsWhatEachKindOfListenerSaysFirst) {
  Answer(kSettings);
  EXPECT_EQ(Probe(ProbeProtocol::kHttp2), "");
}

TEST_F(SelfProbeTest, AcceptsAStatusLine) {
  Answer("HTTP/1.1 404 Not Found\r\n\r\n");
  EXPECT_EQ(Probe(ProbeProtocol::kHttp1), "");
}

TEST_F(SelfProbeTest, AcceptsARecordOfTheHandshake) {
  Answer("\x16\x03\x03\x01\x01\x01");
  EXPECT_EQ(Probe(ProbeProtocol::kTls), "");
}

TEST_F(SelfProbeTest, RefusesTheAnswerOfAnotherServer) {
  Answer("HTTP/1.1 200 OK\r\n\r\n");
  for (const auto protocol : {ProbeProtocol::kHttp2, ProbeProtocol::kTls}) {
    EXPECT_EQ(Probe(protocol), "something else answers at its address");
  }
}

TEST_F(SelfProbeTest, RefusesAListenerThatClosesWithoutAnAnswer) {
  Answer("");
  EXPECT_EQ(Probe(ProbeProtocol::kHttp2),
            "closes connections without an answer");
}

// The kernel completes its connect().
TEST_F(SelfProbeTest, RefusesAListenerThatAcceptsNothing) {
  EXPECT_EQ(Probe(ProbeProtocol::kHttp2, kShort),
            "accepts connections and does not answer");
}

TEST_F(SelfProbeTest, RefusesAnAddressWhereNothingListens) {
  acceptor->Stop();
  EXPECT_THAT(Probe(ProbeProtocol::kHttp2), HasSubstr("cannot connect"));
}

TEST_F(SelfProbeTest, ThreeMissesInARowAreReportedAsDeaf) {
  Answer("");
  std::vector<std::string> deaf;
  SelfProbe probe = Probing(deaf);
  probe.RunOnce();
  probe.RunOnce();
  EXPECT_TRUE(deaf.empty());
  EXPECT_EQ(stats.probe_misses.load(), 2u);
  EXPECT_THAT(written, HasSubstr("listener_silent"));
  probe.RunOnce();
  EXPECT_THAT(deaf, ElementsAre(HasSubstr("the listener listen (127.0.0.1:")));
  EXPECT_THAT(written, HasSubstr("listener_deaf"));
}

TEST_F(SelfProbeTest, AnAnswerForgetsTheMissesBeforeIt) {
  std::vector<std::string> deaf;
  SelfProbe probe = Probing(deaf);
  for (int i = 0; i < 3; ++i) {
    Answer("");
    probe.RunOnce();
    probe.RunOnce();
    Answer(kSettings);
    probe.RunOnce();
  }
  EXPECT_TRUE(deaf.empty());
  EXPECT_EQ(stats.probe_misses.load(), 6u);
}

// Nothing is known then, and ending the process would not help.
TEST_F(SelfProbeTest, WithoutADescriptorOfItsOwnItCountsNothing) {
  Answer("");
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;  // all in use
  setrlimit(RLIMIT_NOFILE, &none);
  std::vector<std::string> deaf;
  SelfProbe probe = Probing(deaf);
  for (int i = 0; i < 4; ++i) probe.RunOnce();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(deaf.empty());
  EXPECT_EQ(stats.probe_misses.load(), 0u);
}

}  // namespace
}  // namespace usher::server
