// An Introspector that many threads use, with real timers and workers.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "lib/base/executor.h"
#include "lib/base/scheduler.h"
#include "lib/introspect/introspector.h"
#include "tests/support/scratch_directory.h"

namespace usher::introspect {
namespace {

constexpr size_t kSlots = 8;
constexpr int kThreads = 4;
constexpr int kQuestions = 500;  // of each thread

// Answers on threads of its own, and notes how many requests it has at once.
class BusyHttp final : public http::Client {
 public:
  void Fetch(http::Request, Done done) override {
    const size_t now = ++in_flight_;
    size_t most = most_.load();
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    threads_.Run([this, done = std::move(done)]() mutable {
      http::Response response;
      response.status = 200;
      response.headers = {{"content-type", "application/json"}};
      response.body = R"({"active":true,"aud":"orders"})";
      --in_flight_;
      done(std::move(response));
    });
  }
  size_t most() const { return most_; }

 private:
  std::atomic<size_t> in_flight_ = 0;
  std::atomic<size_t> most_ = 0;
  base::WorkerPool threads_{2};
};

class CountingObserver final : public Observer {
 public:
  void OnAnswer(const std::string&, const Answer&, absl::Duration) override {
    ++answers;
  }
  std::atomic<int> answers = 0;
};

TEST(IntrospectorThreads, EveryQuestionEndsOnceAndTheSlotsAreKept) {
  testing::ScratchDirectory directory;
  const base::SystemClock clock;
  CountingObserver observer;
  AnswerCache cache{AnswerCache::Limits()};
  base::ThreadScheduler scheduler(clock);
  base::WorkerPool executor(2);
  BusyHttp http;
  const auto introspector = Introspector::Create(
      {.issuer_name = "corp",
       .issuers = {"https://login.example.com"},
       .endpoint = "https://login.example.com/introspect",
       .client = {.method = oauth::ClientAuthMethod::kPost,
                  .client_id = "usher",
                  .secret_file = directory.Write("secret", "s3cret")},
       .slots = {.in_flight = kSlots}},
      {http, scheduler, executor, clock, cache, observer});
  std::atomic<int> ended = 0;
  absl::Notification all_ended;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kQuestions; ++i) {
        introspector->Ask(
            "token-" + std::to_string(i % 50), "service-" + std::to_string(t),
            clock.Now() + absl::Seconds(60), [&](const TimedAnswer&) {
              if (++ended == kThreads * kQuestions) all_ended.Notify();
            });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(all_ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  introspector->Stop();
  EXPECT_EQ(ended, kThreads * kQuestions);
  EXPECT_LE(http.most(), kSlots);
  EXPECT_GT(observer.answers, 0);
}

}  // namespace
}  // namespace usher::introspect
