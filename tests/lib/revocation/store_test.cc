#include "lib/revocation/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/scratch_directory.h"

namespace usher::revocation {
namespace {

using ::testing::HasSubstr;

class StoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Store> Open(Store::Options options) {
    auto store = Store::Open(std::move(options), clock);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  std::unique_ptr<Store> OpenFile() { return Open({.file = path}); }

  // Calls `member` of the store and waits for its result.
  template <typename T, typename Member, typename Argument>
  static absl::StatusOr<T> Await(Store& store, Member member,
                                 Argument argument) {
    std::promise<absl::StatusOr<T>> result;
    (store.*member)(std::move(argument), [&](absl::StatusOr<T> got) {
      result.set_value(std::move(got));
    });
    return result.get_future().get();
  }
  static absl::StatusOr<Revocation> Revoke(Store& store, Target target) {
    return Await<Revocation>(
        store, &Store::Revoke,
        Revocation{.target = std::move(target), .reason = "test"});
  }
  static absl::StatusOr<Target> Unrevoke(Store& store, Target target) {
    return Await<Target>(store, &Store::Unrevoke, std::move(target));
  }
  static absl::StatusOr<size_t> Sweep(Store& store) {
    std::promise<absl::StatusOr<size_t>> result;
    store.Sweep([&](absl::StatusOr<size_t> got) { result.set_value(got); });
    return result.get_future().get();
  }
  static bool IsRevoked(const Store& store, std::string_view token_id,
                        std::string_view issuer = "corp") {
    return store.set()
        .Find({.issuer = issuer, .token_id = token_id})
        .has_value();
  }
  static Target Token(std::string id, std::string issuer = "corp") {
    return {std::move(issuer), "", Kind::kTokenId, std::move(id)};
  }

  testing::FakeClock clock;
  const testing::ScratchDirectory directory;
  const std::string path = directory.path() + "/revocations.db";
};

TEST_F(StoreTest, HasARevocationInForceWhenItAnswers) {
  const auto store = Open({});
  const auto revoked = Revoke(*store, Token("t1"));
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_EQ(revoked->revoked_at, clock.Now());
  EXPECT_TRUE(IsRevoked(*store, "t1"));
  ASSERT_TRUE(Unrevoke(*store, Token("t1")).ok());
  EXPECT_FALSE(IsRevoked(*store, "t1"));
}

TEST_F(StoreTest, SaysThatThereIsNoSuchRevocation) {
  const auto store = Open({});
  EXPECT_EQ(Unrevoke(*store, Token("t1")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(store->errors(), 0u);
}

TEST_F(StoreTest, KeepsRevocationsInItsFile) {
  {
    const auto store = OpenFile();
    ASSERT_TRUE(Revoke(*store, Token("t1")).ok());
    ASSERT_TRUE(Revoke(*store, Token("t2")).ok());
    ASSERT_TRUE(Unrevoke(*store, Token("t2")).ok());
  }
  const auto store = OpenFile();
  EXPECT_TRUE(store->is_durable());
  EXPECT_TRUE(IsRevoked(*store, "t1"));
  EXPECT_FALSE(IsRevoked(*store, "t2"));
}

TEST_F(StoreTest, ForgetsRevocationsAfterTheRetention) {
  const auto store = Open({.file = path, .retention = absl::Hours(2)});
  const auto old = Revoke(*store, Token("old"));
  EXPECT_EQ(store->ExpiryOf(*old), clock.Now() + absl::Hours(2));
  clock.Advance(absl::Hours(2));
  ASSERT_TRUE(Revoke(*store, Token("new")).ok());
  EXPECT_EQ(*Sweep(*store), 0u);
  clock.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(*Sweep(*store), 1u);
  EXPECT_FALSE(IsRevoked(*store, "old"));
  EXPECT_TRUE(IsRevoked(*store, "new"));
}

TEST_F(StoreTest, KeepsTheRevocationsOfIssuersWithoutExpiry) {
  const auto store = Open({.kept_issuers = {"gate"}});
  const auto kept = Revoke(*store, Token("t1", "gate"));
  EXPECT_EQ(store->ExpiryOf(*kept), std::nullopt);
  clock.Advance(absl::Hours(1000));
  EXPECT_EQ(*Sweep(*store), 0u);
  EXPECT_TRUE(IsRevoked(*store, "t1", "gate"));
  store->Keep({});
  EXPECT_EQ(*Sweep(*store), 1u);
  EXPECT_FALSE(IsRevoked(*store, "t1", "gate"));
}

TEST_F(StoreTest, RefusesMoreThanItMayHold) {
  const auto store = Open({.max_entries = 2});
  ASSERT_TRUE(Revoke(*store, Token("t1")).ok());
  ASSERT_TRUE(Revoke(*store, Token("t2")).ok());
  const auto third = Revoke(*store, Token("t3"));
  EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(third.status().message()),
              HasSubstr("revocation.max_entries"));
  EXPECT_FALSE(IsRevoked(*store, "t3"));
  // One that is there can be repeated, and its place can be used again.
  EXPECT_TRUE(Revoke(*store, Token("t2")).ok());
  ASSERT_TRUE(Unrevoke(*store, Token("t1")).ok());
  EXPECT_TRUE(Revoke(*store, Token("t3")).ok());
}

TEST_F(StoreTest, ListsWhatIsInForce) {
  const auto store = Open({});
  ASSERT_TRUE(Revoke(*store, Token("t1")).ok());
  ASSERT_TRUE(Revoke(*store, Token("t2", "partner")).ok());
  const auto page =
      Await<Page>(*store, &Store::List, Query{.issuer = "partner"});
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->revocations.size(), 1u);
  EXPECT_EQ(page->revocations[0].target, Token("t2", "partner"));
  EXPECT_EQ(page->revocations[0].reason, "test");
}

TEST_F(StoreTest, EndsWhatWaitsBeforeItStops) {
  std::atomic<int> ended{0};
  {
    const auto store = OpenFile();
    for (int i = 0; i < 100; ++i) {
      store->Revoke({.target = Token(std::to_string(i))},
                    [&](const absl::StatusOr<Revocation>& revoked) {
                      if (revoked.ok()) ++ended;
                    });
    }
  }
  EXPECT_EQ(ended, 100);
  EXPECT_EQ(OpenFile()->set().size(), 100u);
}

TEST_F(StoreTest, RefusesRequestsThatCannotWait) {
  auto store = Open({});
  std::promise<void> go;
  std::promise<void> is_held;
  store->Sweep([&](absl::StatusOr<size_t>) {
    is_held.set_value();
    go.get_future().wait();
  });
  is_held.get_future().wait();
  std::atomic<size_t> revoked{0};
  std::atomic<size_t> refused{0};
  for (size_t i = 0; i < Store::kMostWaiting + 5; ++i) {
    store->Revoke({.target = Token(std::to_string(i))},
                  [&](const absl::StatusOr<Revocation>& got) {
                    if (got.ok()) ++revoked;
                    if (absl::IsResourceExhausted(got.status())) ++refused;
                  });
  }
  EXPECT_EQ(refused, 5u);
  go.set_value();
  store.reset();
  EXPECT_EQ(revoked, Store::kMostWaiting);
}

TEST_F(StoreTest, TakesRequestsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  const auto store = OpenFile();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = std::to_string(thread) + "." + std::to_string(i);
        if (!Revoke(*store, Token(id)).ok()) ++wrong;
        if (!IsRevoked(*store, id)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(store->set().size(), size_t{kThreads * kEach});
}

}  // namespace
}  // namespace usher::revocation
