// Many calls at once: callers must not mix; calls wait; clients cancel; servers
// shut down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Many calls at once, without a thread for each. Every stub must outlive this
// object.
class Crowd {
 public:
  struct Member {
    grpc::ClientContext context;
    EchoRequest request;
    EchoReply reply;
    grpc::Status status;
    std::string name;
  };

  ~Crowd() { Wait(); }

  // Starts a call with the token good.`name`.
  Member& Add(Echo::Stub& stub, std::string name,
              milliseconds deadline = milliseconds(60'000)) {
    Member& member = members_.emplace_back();
    member.name = std::move(name);
    member.context.set_deadline(std::chrono::system_clock::now() + deadline);
    member.context.AddMetadata("authorization",
                               base::StrCat("Bearer good.", member.name));
    stub.async()->Unary(&member.context, &member.request, &member.reply,
                        [this, &member](grpc::Status status) {
                          std::lock_guard lock(mutex_);
                          member.status = std::move(status);
                          ++done_;
                          changed_.notify_all();
                        });
    return member;
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ == members_.size(); });
  }
  std::deque<Member>& members() { return members_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t done_ = 0;
  std::deque<Member> members_;
};

int Threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return 0;
}

template <typename Condition>
void Until(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(milliseconds(1));
}

TEST(GuardCrowd, NeverMixesUpCallers) {
  FakeUsherd usherd;
  for (const Style style : kStyles) {
    const auto guard = MakeGuard(usherd.address());
    GuardedServer server(*guard, style);
    std::array<std::unique_ptr<Echo::Stub>, 4> stubs;
    for (auto& stub : stubs) stub = server.NewStub();
    Crowd crowd;
    for (int i = 0; i < 2'000; ++i) {
      crowd.Add(*stubs[i % 4], base::StrCat("user-", i * 7 % 50));
    }
    crowd.Wait();
    int wrong = 0;
    for (const Crowd::Member& member : crowd.members()) {
      ASSERT_TRUE(member.status.ok()) << member.status.error_message();
      if (member.reply.subject() != member.name) ++wrong;
    }
    EXPECT_EQ(wrong, 0) << NameOf(style);
    EXPECT_EQ(server.entries(), 2'000);
    std::cout << "| " << NameOf(style) << " | 2000 calls of 50 callers over 4 "
              << "connections | wrong callers: " << wrong << " |\n";
  }
  EXPECT_EQ(usherd.requests(), 50 * 5) << "one for each token and guard";
}

TEST(GuardCrowd, LetsAThousandCallsWaitWithoutAThread) {
  FakeUsherd usherd({.held = true});
  GuardOptions options = OptionsFor(usherd.address());
  options.max_questions = 2'000;  // a connection alone may use half of them
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kCallback);
  const auto stub = server.NewStub();
  Crowd crowd;
  crowd.Add(*stub, "first");
  Until([&] { return usherd.waiting() == 1; });
  const int before = Threads();
  for (int i = 1; i < 1'000; ++i) {
    crowd.Add(*stub, base::StrCat("user-", i));
  }
  Until([&] { return usherd.waiting() == 1'000; });
  const int during = Threads();
  EXPECT_EQ(server.entries(), 0);
  usherd.Release();
  crowd.Wait();
  for (const Crowd::Member& member : crowd.members()) {
    EXPECT_EQ(member.reply.subject(), member.name)
        << member.status.error_message();
  }
  std::cout << "threads before: " << before
            << ", with 1000 calls waiting: " << during << "\n";
  // gRPC's own pools may grow by a few threads.
  EXPECT_LE(during, before + 8);
}

TEST(GuardCrowd, FindsTheCallersOfManyLargeTokensThatWaitedTogether) {
  constexpr int kCalls = 2'500;
  constexpr int kConnections = 12;
  const std::string padding(11'000, 'x');
  for (const Style style : kStyles) {
    FakeUsherd usherd({.held = true});
    GuardOptions options = OptionsFor(usherd.address());
    options.max_questions = 2 * kCalls;
    const auto guard = *Guard::Create(std::move(options));
    GuardedServer server(*guard, style);
    std::array<std::unique_ptr<Echo::Stub>, kConnections> stubs;
    for (auto& stub : stubs) stub = server.NewStub();
    Crowd crowd;
    for (int i = 0; i < kCalls; ++i) {
      crowd.Add(*stubs[i % kConnections], base::StrCat("user-", i, padding));
    }
    Until([&] { return usherd.waiting() == kCalls; });
    usherd.Release();
    crowd.Wait();
    int wrong = 0;
    for (const Crowd::Member& member : crowd.members()) {
      ASSERT_TRUE(member.status.ok()) << member.status.error_message();
      if (member.reply.subject() != member.name) ++wrong;
    }
    EXPECT_EQ(wrong, 0) << NameOf(style);
    EXPECT_EQ(server.entries(), kCalls);
  }
}

TEST(GuardCrowd, WaitsOnlyAsLongAsASlowUsherd) {
  FakeUsherd usherd({.delay = absl::Milliseconds(100)});
  GuardOptions options = OptionsFor(usherd.address());
  options.max_questions = 2'000;
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kCallback);
  const auto stub = server.NewStub();
  ASSERT_TRUE(Call(*stub, Bearer("good.warm")).status.ok());
  const auto start = steady_clock::now();
  Crowd crowd;
  for (int i = 0; i < 1'000; ++i) crowd.Add(*stub, base::StrCat("user-", i));
  crowd.Wait();
  const auto took =
      std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  for (const Crowd::Member& member : crowd.members()) {
    EXPECT_EQ(member.reply.subject(), member.name)
        << member.status.error_message();
  }
  std::cout << "1000 calls, each of which waited 100 ms for usherd: "
            << took.count() << " ms\n";
}

TEST(GuardCrowd, SurvivesCallsThatAreCancelledWhileTheyWait) {
  FakeUsherd usherd({.delay = absl::Milliseconds(100)});
  const auto guard = MakeGuard(usherd.address());
  for (const Style style : kStyles) {
    GuardedServer server(*guard, style);
    const auto stub = server.NewStub();
    std::minstd_rand random(1);
    Crowd crowd;
    for (int i = 0; i < 500; ++i) {
      const milliseconds deadline(1 + random() % 200);
      Crowd::Member& member =
          crowd.Add(*stub, base::StrCat(NameOf(style), "-", i), deadline);
      if (i % 5 == 0) member.context.TryCancel();
    }
    crowd.Wait();
    for (const Crowd::Member& member : crowd.members()) {
      if (!member.status.ok()) continue;
      EXPECT_EQ(member.reply.subject(), member.name);
    }
    // The server still works.
    EXPECT_TRUE(Call(*stub, Bearer("good.after")).status.ok());
  }
}

TEST(GuardCrowd, ShutsDownWithinItsDeadlineWhileCallsWait) {
  for (const Style style : kStyles) {
    FakeUsherd usherd({.held = true});
    auto guard = MakeGuard(usherd.address());
    auto server = std::make_unique<GuardedServer>(*guard, style);
    const auto stub = server->NewStub();
    Crowd crowd;
    for (int i = 0; i < 100; ++i) crowd.Add(*stub, base::StrCat("user-", i));
    Until([&] { return usherd.waiting() == 100; });
    server->Shutdown(milliseconds(50));
    EXPECT_EQ(server->entries(), 0);
    crowd.Wait();
    for (const Crowd::Member& member : crowd.members()) {
      EXPECT_FALSE(member.status.ok());
    }
    server.reset();
    // usherd answers after the server is gone.
    usherd.Release();
    guard.reset();
  }
}

TEST(GuardCrowd, IsRefusedIfTheGuardIsDestroyedFirst) {
  FakeUsherd usherd({.held = true});
  auto guard = MakeGuard(usherd.address());
  GuardedServer server(*guard, Style::kCallback);
  const auto stub = server.NewStub();
  Crowd crowd;
  for (int i = 0; i < 100; ++i) crowd.Add(*stub, base::StrCat("user-", i));
  Until([&] { return usherd.waiting() == 100; });
  guard.reset();
  crowd.Wait();
  for (const Crowd::Member& member : crowd.members()) {
    EXPECT_EQ(member.status.error_code(), UNAVAILABLE);
  }
  EXPECT_EQ(Call(*stub, Bearer("good.late")).status.error_code(), UNAVAILABLE);
  EXPECT_EQ(server.entries(), 0);
}

TEST(GuardCrowd, LimitsTheNumberOfPendingCalls) {
  FakeUsherd usherd({.held = true});
  GuardOptions options = OptionsFor(usherd.address());
  options.max_pending_calls = 20;  // a connection alone may use half of them
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kCallback);
  const auto stub = server.NewStub();
  Crowd crowd;
  for (int i = 0; i < 10; ++i) crowd.Add(*stub, base::StrCat("user-", i));
  Until([&] { return usherd.waiting() == 10; });
  const Outcome over = Call(*stub, Bearer("good.eleventh"));
  EXPECT_EQ(over.status.error_code(), UNAVAILABLE);
  EXPECT_EQ(over.status.error_message(),
            "OVERLOADED: too many calls wait for a verification; try again");
  usherd.Release();
  crowd.Wait();
  EXPECT_TRUE(Call(*stub, Bearer("good.eleventh")).status.ok());
}

}  // namespace
}  // namespace usher::testing
