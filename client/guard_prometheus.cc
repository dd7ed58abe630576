#include "usher/guard_prometheus.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <string>

namespace usher {
namespace {

using prometheus::Counter;
using End = GuardObserver::End;

constexpr std::array kResults = {"admitted", "refused", "undecided"};
constexpr size_t kSources = 2;
constexpr size_t kReasons = 64;  // by number; 0: none
constexpr size_t kCauses = 16;

const prometheus::Histogram::BucketBoundaries& Waits() {
  static const auto& waits = *new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
  return waits;
}

class Observer final : public GuardObserver {
 public:
  explicit Observer(prometheus::Registry& registry)
      : calls_(prometheus::BuildCounter()
                   .Name("usher_guard_calls_total")
                   .Help("Calls judged by the guard, by how and why.")
                   .Register(registry)),
        undecided_(prometheus::BuildCounter()
                       .Name("usher_guard_undecided_total")
                       .Help("Questions that usherd did not decide.")
                       .Register(registry)),
        waits_(prometheus::BuildHistogram()
                   .Name("usher_guard_wait_seconds")
                   .Help("How long calls waited for usherd's word.")
                   .Register(registry)
                   .Add({}, Waits())) {}

  void OnCall(const Judged& call) override {
    const size_t end = static_cast<size_t>(call.end);
    const size_t number = call.reason ? static_cast<size_t>(*call.reason) : 0;
    auto& slot = calls_made_[end][number % kReasons][call.asked ? 1 : 0];
    Made(slot, calls_, [&] {
      return prometheus::Labels{
          {"result", kResults[end]},
          {"reason", call.reason ? std::string(NameOf(*call.reason)) : ""},
          {"source", call.asked ? "usherd" : "memory"}};
    }).Increment();
    if (call.asked) waits_.Observe(absl::ToDoubleSeconds(call.waited));
  }

  void OnUndecided(const Undecided& undecided) override {
    const size_t cause = static_cast<size_t>(undecided.cause);
    Made(undecided_made_[cause % kCauses], undecided_, [&] {
      return prometheus::Labels{
          {"cause", std::string(NameOf(undecided.cause))}};
    }).Increment();
  }

 private:
  using Slot = std::atomic<Counter*>;

  // The counter in `slot`; the first time, made: a family finds it by its
  // labels under a lock, which would be much for each call.
  template <typename Labels>
  static Counter& Made(Slot& slot, prometheus::Family<Counter>& family,
                       const Labels& labels) {
    Counter* counter = slot.load(std::memory_order_acquire);
    if (counter == nullptr) {
      // Whoever else comes here now is given the same one.
      counter = &family.Add(labels());
      slot.store(counter, std::memory_order_release);
    }
    return *counter;
  }

  prometheus::Family<Counter>& calls_;
  prometheus::Family<Counter>& undecided_;
  prometheus::Histogram& waits_;
  std::array<std::array<std::array<Slot, kSources>, kReasons>, kResults.size()>
      calls_made_ = {};
  std::array<Slot, kCauses> undecided_made_ = {};
};

}  // namespace

std::shared_ptr<GuardObserver> PrometheusObserver(
    prometheus::Registry& registry) {
  return std::make_shared<Observer>(registry);
}

}  // namespace usher
