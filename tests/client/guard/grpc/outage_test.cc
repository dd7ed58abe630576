// usherd stops and comes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <thread>
#include <vector>

#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

template <typename Condition>
void Until(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(milliseconds(1));
}

TEST(GuardOutage, DoesNotAffectCallersInMemory) {
  auto usherd = std::make_unique<FakeUsherd>();
  const std::string address = usherd->address();
  GuardOptions options = OptionsFor(address);
  options.client.deadline = absl::Seconds(2);
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kSync);
  const auto stub = server.NewStub();
  ASSERT_TRUE(Call(*stub, Bearer("good.alice")).status.ok());

  usherd.reset();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Call(*stub, Bearer("good.alice")).reply.subject(), "alice");
    const Outcome other = Call(*stub, Bearer(base::StrCat("good.other-", i)));
    EXPECT_EQ(other.status.error_code(), UNAVAILABLE);
    EXPECT_EQ(other.status.error_message(),
              "UNDECIDED: the token cannot be verified now; try again");
    EXPECT_EQ(Call(*stub, Bearer("forged")).status.error_code(), UNAVAILABLE);
  }
  EXPECT_EQ(server.entries(), 4);

  usherd =
      std::make_unique<FakeUsherd>(FakeUsherd::Settings{.address = address});
  Until([&] { return Call(*stub, Bearer("good.other-0")).status.ok(); });
  EXPECT_EQ(Call(*stub, Bearer("forged")).status.error_code(), UNAUTHENTICATED);
}

// How the calls of one kind of caller ended, second by second.
class Tally {
 public:
  explicit Tally(const char* who) : who_(who) {}

  void Add(std::chrono::seconds second, const grpc::Status& status) {
    const auto row = std::min<size_t>(second.count(), kSeconds - 1);
    const size_t column = status.ok()                              ? 0
                          : status.error_code() == UNAUTHENTICATED ? 1
                          : status.error_code() == UNAVAILABLE     ? 2
                                                                   : 3;
    ++counts_[row][column];
  }
  int admitted() const { return Sum(0); }
  int refused() const { return Sum(1); }
  int undecided() const { return Sum(2); }
  int other() const { return Sum(3); }
  void Print() const {
    for (size_t second = 0; second < kSeconds; ++second) {
      const auto& row = counts_[second];
      if (row[0] + row[1] + row[2] + row[3] == 0) continue;
      std::cout << "| " << second << " | " << std::setw(8) << who_ << " | "
                << row[0] << " | " << row[1] << " | " << row[2] << " | "
                << row[3] << " |\n";
    }
  }

 private:
  static constexpr size_t kSeconds = 60;
  int Sum(int column) const {
    int sum = 0;
    for (const auto& row : counts_) sum += row[column];
    return sum;
  }

  const char* who_;
  std::array<std::array<std::atomic<int>, 4>, kSeconds> counts_ = {};
};

// Calls from four threads, by three kinds of callers, until End().
class Load {
 public:
  explicit Load(const GuardedServer& server) {
    for (int i = 0; i < 4; ++i) {
      threads_.emplace_back([this, i, stub = server.NewStub()] {
        for (int n = 0; !stopping_; ++n) {
          const int who = n % 10;
          Make(*stub, known, base::StrCat("good.known-", who));
          Make(*stub, unknown, base::StrCat("good.new-", i, "-", n));
          Make(*stub, forged, base::StrCat("forged-", i, "-", n));
        }
      });
    }
  }
  void End() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

  Tally known{"known"};
  Tally unknown{"new"};
  Tally forged{"forged"};

 private:
  void Make(Echo::Stub& stub, Tally& tally, const std::string& token) {
    const grpc::Status status = Call(stub, Bearer(token)).status;
    tally.Add(std::chrono::duration_cast<std::chrono::seconds>(
                  steady_clock::now() - start_),
              status);
  }

  const steady_clock::time_point start_ = steady_clock::now();
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

TEST(GuardOutage, UnderLoadAdmitsNoForgerAndRefusesNoKnownCaller) {
  auto usherd = std::make_unique<FakeUsherd>(
      FakeUsherd::Settings{.cache_for = absl::Minutes(30)});
  const std::string address = usherd->address();
  GuardOptions options = OptionsFor(address);
  options.client.deadline = absl::Seconds(1);
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kCallback);
  const auto stub = server.NewStub();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        Call(*stub, Bearer(base::StrCat("good.known-", i))).status.ok());
  }

  Load load(server);
  Until([&] { return load.unknown.admitted() > 500; });
  usherd.reset();
  Until([&] { return load.unknown.undecided() > 2'000; });
  usherd =
      std::make_unique<FakeUsherd>(FakeUsherd::Settings{.address = address});
  const int before = load.unknown.admitted();
  Until([&] { return load.unknown.admitted() > before + 500; });
  load.End();

  std::cout << "| second | who | admitted | refused | undecided | other |\n";
  for (const Tally* tally : {&load.known, &load.unknown, &load.forged}) {
    tally->Print();
  }
  EXPECT_EQ(load.forged.admitted(), 0);
  EXPECT_EQ(load.known.refused() + load.known.undecided(), 0);
  EXPECT_EQ(load.unknown.refused(), 0);
  for (const Tally* tally : {&load.known, &load.unknown, &load.forged}) {
    EXPECT_EQ(tally->other(), 0);
  }
}

}  // namespace
}  // namespace usher::testing
