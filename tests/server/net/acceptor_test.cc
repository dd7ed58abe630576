#include "server/net/acceptor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/net/host_port.h"
#include "lib/base/text/strings.h"
#include "tests/lib/httpd/raw_client.h"
#include "tests/support/scratch_directory.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class AcceptorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Acceptor> Listen(const std::string& address,
                                   size_t most = 64) {
    auto opened = Acceptor::Listen(address, "listen", most, stats, log);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // Says "hello" on each connection and keeps it.
  void Greet(Acceptor& acceptor) {
    acceptor.Start([this](int fd) {
      EXPECT_EQ(write(fd, "hello", 5), 5);
      const base::MutexLock lock(mutex);
      kept.push_back(fd);
      changed.SignalAll();
    });
  }
  // Closes what was accepted, as gRPC does when a client leaves.
  void CloseAll(size_t count) {
    const base::MutexLock lock(mutex);
    while (kept.size() < count) changed.Wait(mutex);
    for (const int fd : std::exchange(kept, {})) close(fd);
  }
  ~AcceptorTest() override {
    for (const int fd : kept) close(fd);
  }

  static uint16_t PortOf(const Acceptor& acceptor) {
    return *base::ParsePort(base::SplitHostPort(acceptor.address())->port);
  }
  // "hello", or "" if it is closed at once.
  static std::string Greeting(uint16_t port) {
    httpd::RawConnection connection(port);
    connection.FinishSending();
    return connection.Read(5);
  }

  const base::SystemClock clock;
  base::Mutex mutex;
  base::CondVar changed;
  std::vector<int> kept;
  std::string written;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { written += line; }};
  ListenerStats stats{"listen"};
};

TEST_F(AcceptorTest, HandsOverEveryConnection) {
  const auto acceptor = Listen("127.0.0.1:0");
  EXPECT_THAT(acceptor->address(), StartsWith("127.0.0.1:"));
  Greet(*acceptor);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Greeting(PortOf(*acceptor)), "hello");
  CloseAll(3);
}

TEST_F(AcceptorTest, AConnectionBeyondTheBoundIsClosedAtOnce) {
  const auto acceptor = Listen("127.0.0.1:0", 8);
  Greet(*acceptor);
  // From one address: 7/8.
  for (int i = 0; i < 7; ++i) EXPECT_EQ(Greeting(PortOf(*acceptor)), "hello");
  EXPECT_EQ(Greeting(PortOf(*acceptor)), "");
  EXPECT_EQ(stats.refused.load(), 1u);
  EXPECT_EQ(stats.limit.load(), 8u);
  // Room again, as soon as it is noticed that they are closed.
  CloseAll(7);
  std::string greeting;
  while (greeting.empty()) greeting = Greeting(PortOf(*acceptor));
  EXPECT_EQ(greeting, "hello");
  acceptor->Stop();
  EXPECT_THAT(written, HasSubstr("connections_full"));
}

TEST_F(AcceptorTest, AnExpectedConnectionGetsInWhileItIsFull) {
  const auto acceptor = Listen("127.0.0.1:0", 8);
  Greet(*acceptor);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(Greeting(PortOf(*acceptor)), "hello");
  httpd::RawConnection expected;
  acceptor->Expect(base::StrCat("127.0.0.1:", expected.BindToAnyPort()));
  expected.Connect(PortOf(*acceptor));
  EXPECT_EQ(expected.Read(5), "hello");
  EXPECT_EQ(Greeting(PortOf(*acceptor)), "");
}

TEST_F(AcceptorTest, GoesOnAfterALackOfFileDescriptors) {
  const auto acceptor = Listen("127.0.0.1:0");
  Greet(*acceptor);
  EXPECT_EQ(Greeting(PortOf(*acceptor)), "hello");
  httpd::RawConnection first;
  httpd::RawConnection second;
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;  // all in use
  setrlimit(RLIMIT_NOFILE, &none);
  first.Connect(PortOf(*acceptor));
  second.Connect(PortOf(*acceptor));
  while (stats.accept_failures.load() == 0) std::this_thread::yield();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(first.Read(5), "hello");
  EXPECT_EQ(second.Read(5), "hello");
  acceptor->Stop();
  EXPECT_THAT(written, HasSubstr("Too many open files"));
}

TEST_F(AcceptorTest, EndsTheConnectionThatSendsMuchWhileMemoryIsShort) {
  const auto acceptor = Listen("127.0.0.1:0");
  std::atomic<size_t> used = 0;
  acceptor->SetMemoryBrake({1000, [&] { return used.load(); }, [] {}});
  std::vector<std::thread> readers;
  acceptor->Start([&](int fd) {
    readers.emplace_back([fd] {
      fcntl(fd, F_SETFL, 0);  // blocking
      std::string block(1 << 20, '\0');
      while (read(fd, block.data(), block.size()) > 0) {
      }
      close(fd);
    });
  });
  httpd::RawConnection quiet(PortOf(*acceptor));
  httpd::RawConnection busy(PortOf(*acceptor));
  busy.Send(std::string(2 * OpenConnections::kWorthEnding, 'x'));
  used = 2000;
  EXPECT_EQ(busy.ReadAll(), "");  // until it is ended
  used = 0;
  quiet.Send("still open");
  quiet.FinishSending();
  EXPECT_EQ(quiet.ReadAll(), "");
  acceptor->Stop();
  EXPECT_EQ(stats.ended_for_memory.load(), 1u);
  EXPECT_THAT(written, HasSubstr("memory_short"));
  for (std::thread& reader : readers) reader.join();
}

TEST_F(AcceptorTest, AStoppedOneRefusesConnections) {
  const auto acceptor = Listen("127.0.0.1:0");
  Greet(*acceptor);
  const uint16_t port = PortOf(*acceptor);
  EXPECT_EQ(Greeting(port), "hello");
  acceptor->Stop();
  EXPECT_FALSE(httpd::RawConnection(port).connected());
  acceptor->Stop();
}

TEST_F(AcceptorTest, LocalhostIsBothLoopbackAddressesOnOnePort) {
  const auto acceptor = Listen("localhost:0");
  Greet(*acceptor);
  EXPECT_EQ(Greeting(PortOf(*acceptor)), "hello");
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  loopback.sin6_port = htons(PortOf(*acceptor));
  const bool connected =
      connect(fd, reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
  const int error = errno;
  close(fd);
  if (!connected && error == EADDRNOTAVAIL) GTEST_SKIP() << "no IPv6 here";
  EXPECT_TRUE(connected);
}

TEST_F(AcceptorTest, AnAddressInUseIsAnErrorThatNamesTheSetting) {
  const auto first = Listen("127.0.0.1:0");
  const auto second =
      Acceptor::Listen(first->address(), "admin.listen", 8, stats, log);
  const std::string why(base::Std(second.status().message()));
  EXPECT_THAT(why, HasSubstr("Address already in use"));
  EXPECT_THAT(why, HasSubstr("admin.listen"));
}

TEST_F(AcceptorTest, ItsUnixSocketIsForTheGroupAndGoesWithIt) {
  const testing::ScratchDirectory directory;
  const std::string path = directory.path() + "/usher.sock";
  auto acceptor = Listen("unix:" + path);
  EXPECT_EQ(acceptor->address(), "unix:" + path);
  struct stat about {};
  ASSERT_EQ(lstat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0660u);
  acceptor.reset();
  EXPECT_NE(lstat(path.c_str(), &about), 0);
}

}  // namespace
}  // namespace usher::server
