#include "lib/base/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace usher::base {
namespace {

// Counts how many of it live, and shows a torn or freed value.
class Counted {
 public:
  explicit Counted(int value) : value_(value), same_(value) { ++alive_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() {
    value_ = -1;
    same_ = -2;
    --alive_;
  }
  int value() const { return value_; }
  bool whole() const { return value_ == same_ && value_ >= 0; }
  static int alive() { return alive_; }

 private:
  int value_;
  int same_;
  static inline std::atomic<int> alive_{0};
};

std::unique_ptr<const Counted> Make(int value) {
  return std::make_unique<const Counted>(value);
}

int ValueOf(const Snapshot<Counted>& snapshot) {
  const Lease<Counted> lease = snapshot.Read();
  return lease->value();
}

template <typename L>
concept GivesAccess = requires(L&& lease) {
  std::forward<L>(lease).operator->();
}
|| requires(L&& lease) { *std::forward<L>(lease); }
|| requires(L&& lease) { std::forward<L>(lease).get(); };

// `const auto& member = cell.Read()->member` does not compile.
static_assert(GivesAccess<const Lease<Counted>&>);
static_assert(!GivesAccess<Lease<Counted>>);
static_assert(!GivesAccess<const Lease<Counted>>);

TEST(Snapshot, ShowsWhatWasPublishedLast) {
  Snapshot<Counted> snapshot(Make(1));
  EXPECT_EQ(ValueOf(snapshot), 1);
  snapshot.Publish(Make(2));
  EXPECT_EQ(ValueOf(snapshot), 2);
}

TEST(Snapshot, FreesAReplacedValueThatNoThreadReads) {
  Snapshot<Counted> snapshot(Make(1));
  ASSERT_EQ(Counted::alive(), 1);
  snapshot.Publish(Make(2));
  EXPECT_EQ(Counted::alive(), 1);
}

TEST(Snapshot, KeepsALeasedValueUntilTheLeaseEnds) {
  Snapshot<Counted> snapshot(Make(1));
  {
    const Lease<Counted> lease = snapshot.Read();
    snapshot.Publish(Make(2));
    EXPECT_EQ(lease->value(), 1);
    EXPECT_TRUE(lease->whole());
    EXPECT_EQ(Counted::alive(), 2);
    EXPECT_EQ(Reclaim(), 1u);
  }
  EXPECT_EQ(Reclaim(), 0u);
  EXPECT_EQ(Counted::alive(), 1);
}

TEST(Snapshot, KeepsWhatANestedLeaseSawUntilTheOuterOneEnds) {
  Snapshot<Counted> outer_cell(Make(1));
  Snapshot<Counted> inner_cell(Make(10));
  {
    const Lease<Counted> outer = outer_cell.Read();
    {
      const Lease<Counted> inner = inner_cell.Read();
      inner_cell.Publish(Make(11));
      outer_cell.Publish(Make(2));
      EXPECT_EQ(inner->value(), 10);
    }
    // The inner lease ended, the outer one still stands for both.
    EXPECT_EQ(Reclaim(), 2u);
    EXPECT_EQ(outer->value(), 1);
    EXPECT_EQ(ValueOf(inner_cell), 11);
  }
  EXPECT_EQ(Reclaim(), 0u);
  EXPECT_EQ(Counted::alive(), 2);
}

TEST(Snapshot, TakesLeasesThatEndInAnyOrder) {
  Snapshot<Counted> snapshot(Make(1));
  {
    std::unique_ptr<Lease<Counted>> first(new Lease<Counted>(snapshot.Read()));
    std::unique_ptr<Lease<Counted>> later(new Lease<Counted>(snapshot.Read()));
    snapshot.Publish(Make(2));
    first.reset();
    EXPECT_TRUE((*later)->whole());
    EXPECT_EQ((*later)->value(), 1);
    EXPECT_EQ(Reclaim(), 1u);
  }
  EXPECT_EQ(Reclaim(), 0u);
}

TEST(Snapshot, IsNotHeldUpByAThreadThatReadOnceAndIdles) {
  Snapshot<Counted> snapshot(Make(1));
  std::atomic<bool> has_read{false};
  std::atomic<bool> may_end{false};
  std::thread idle([&] {
    EXPECT_EQ(ValueOf(snapshot), 1);
    has_read = true;
    has_read.notify_one();
    may_end.wait(false);
  });
  has_read.wait(false);
  snapshot.Publish(Make(2));
  EXPECT_EQ(Counted::alive(), 1);
  may_end = true;
  may_end.notify_one();
  idle.join();
}

TEST(Snapshot, GivesAThreadsSlotBackWhenItEnds) {
  Snapshot<Counted> snapshot(Make(1));
  epoch::Slot* slot = nullptr;
  std::thread([&] {
    EXPECT_EQ(ValueOf(snapshot), 1);
    slot = &epoch::ThisThread();
    EXPECT_TRUE(slot->owned.load());
  }).join();
  EXPECT_FALSE(slot->owned.load());
  EXPECT_EQ(slot->epoch.load(), 0u);
}

TEST(Snapshot, ServesMoreThreadsAtOnceThanItHasReadySlots) {
  constexpr int kThreads = 300;
  Snapshot<Counted> snapshot(Make(1));
  std::atomic<int> reading{0};
  std::atomic<bool> may_end{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const Lease<Counted> lease = snapshot.Read();
      ++reading;
      reading.notify_one();
      may_end.wait(false);
      EXPECT_TRUE(lease->whole());
      EXPECT_EQ(lease->value(), 1);
    });
  }
  for (int seen = reading; seen < kThreads; seen = reading) reading.wait(seen);
  snapshot.Publish(Make(2));
  EXPECT_EQ(Counted::alive(), 2);
  may_end = true;
  may_end.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Reclaim(), 0u);
  EXPECT_EQ(Counted::alive(), 1);
}

// Reads from a thread-local's destructor, after the slot was given back.
struct ReadsAtTheEnd {
  const Snapshot<Counted>* snapshot = nullptr;
  int* seen = nullptr;
  ~ReadsAtTheEnd() {
    if (snapshot != nullptr) *seen = ValueOf(*snapshot);
  }
};

TEST(Snapshot, CanBeReadByAThreadLocalDestructor) {
  Snapshot<Counted> snapshot(Make(7));
  int seen = 0;
  std::thread([&] {
    // Made before the slot's owner, so destroyed after it.
    thread_local ReadsAtTheEnd last;
    last.snapshot = &snapshot;
    last.seen = &seen;
    EXPECT_EQ(ValueOf(snapshot), 7);
  }).join();
  EXPECT_EQ(seen, 7);
  snapshot.Publish(Make(8));
  EXPECT_EQ(Counted::alive(), 1);
}

TEST(Snapshot, LetsADestructorPublish) {
  struct Publishes {
    Snapshot<Counted>* other;
    ~Publishes() {
      if (other != nullptr) other->Publish(Make(5));
    }
  };
  Snapshot<Counted> other(Make(4));
  Snapshot<Publishes> snapshot(
      std::make_unique<const Publishes>(Publishes{nullptr}));
  auto publishing = std::make_unique<Publishes>(Publishes{nullptr});
  publishing->other = &other;
  snapshot.Publish(std::move(publishing));
  snapshot.Publish(std::make_unique<const Publishes>(Publishes{nullptr}));
  EXPECT_EQ(ValueOf(other), 5);
}

// For ThreadSanitizer above all: a value freed too early is a use after free.
TEST(Snapshot, NeverShowsATornOrFreedValueToManyReaders) {
  constexpr int kReaders = 4;
  constexpr int kWriters = 2;
  constexpr int kSwaps = 2000;
  {
    Snapshot<Counted> one(Make(0));
    Snapshot<Counted> two(Make(0));
    std::atomic<int> writing{kWriters};
    std::atomic<int> bad{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kReaders; ++i) {
      threads.emplace_back([&] {
        while (writing > 0) {
          const Lease<Counted> outer = one.Read();
          const Lease<Counted> inner = two.Read();
          if (!outer->whole() || !inner->whole()) ++bad;
        }
      });
    }
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&] {
        for (int n = 1; n <= kSwaps; ++n) {
          one.Publish(Make(n));
          two.Publish(Make(n));
        }
        --writing;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(bad, 0);
    EXPECT_EQ(Reclaim(), 0u);
    EXPECT_EQ(Counted::alive(), 2);
  }
  EXPECT_EQ(Counted::alive(), 0);
}

}  // namespace
}  // namespace usher::base
