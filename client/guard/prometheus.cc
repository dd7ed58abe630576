#include "usher/guard_prometheus.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

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

// Where go-grpc-prometheus has them, in seconds.
const prometheus::Histogram::BucketBoundaries& HandlingTimes() {
  static const auto& times = *new prometheus::Histogram::BucketBoundaries{
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return times;
}

// By number, as that library writes them.
constexpr std::array kCodes = {"OK",
                               "Canceled",
                               "Unknown",
                               "InvalidArgument",
                               "DeadlineExceeded",
                               "NotFound",
                               "AlreadyExists",
                               "PermissionDenied",
                               "ResourceExhausted",
                               "FailedPrecondition",
                               "Aborted",
                               "OutOfRange",
                               "Unimplemented",
                               "Internal",
                               "Unavailable",
                               "DataLoss",
                               "Unauthenticated"};
constexpr std::array kTypes = {"unary", "client_stream", "server_stream",
                               "bidi_stream", "unknown"};

using Slot = std::atomic<Counter*>;

// The counter in `slot`; the first time, made: a family finds it by its labels
// under a lock, which would be much for each call.
template <typename Labels>
Counter& Made(Slot& slot, prometheus::Family<Counter>& family,
              const Labels& labels) {
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Whoever else comes here now is given the same one.
    counter = &family.Add(labels());
    slot.store(counter, std::memory_order_release);
  }
  return *counter;
}

prometheus::Family<Counter>& CounterFamily(prometheus::Registry& registry,
                                           const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

// The grpc_server_* metrics, with the names and labels of go-grpc-prometheus.
struct ServerFamilies {
  explicit ServerFamilies(prometheus::Registry& registry)
      : started(CounterFamily(registry, "grpc_server_started_total",
                              "Calls that came, refused ones included.")),
        handled(CounterFamily(registry, "grpc_server_handled_total",
                              "Calls that ended, by how.")),
        received(CounterFamily(registry, "grpc_server_msg_received_total",
                               "Messages received from clients.")),
        sent(CounterFamily(registry, "grpc_server_msg_sent_total",
                           "Messages sent to clients.")),
        seconds(prometheus::BuildHistogram()
                    .Name("grpc_server_handling_seconds")
                    .Help("How long calls took.")
                    .Register(registry)) {}

  prometheus::Family<Counter>& started;
  prometheus::Family<Counter>& handled;
  prometheus::Family<Counter>& received;
  prometheus::Family<Counter>& sent;
  prometheus::Family<prometheus::Histogram>& seconds;
};

class MethodSeries final : public MethodObserver {
 public:
  MethodSeries(ServerFamilies& families, const ServedMethod& method)
      : labels_{{"grpc_type", kTypes[static_cast<size_t>(method.type)]},
                {"grpc_service", method.service},
                {"grpc_method", method.method}},
        handled_(families.handled),
        started_(families.started.Add(labels_)),
        received_(families.received.Add(labels_)),
        sent_(families.sent.Add(labels_)),
        seconds_(families.seconds.Add(labels_, HandlingTimes())) {}

  void OnStarted() override { started_.Increment(); }
  void OnMessageReceived() override { received_.Increment(); }
  void OnMessageSent() override { sent_.Increment(); }
  void OnHandled(absl::StatusCode code, absl::Duration took) override {
    const auto number = static_cast<size_t>(code);
    // A handler may end a call with a number that is no code.
    const size_t known = number < kCodes.size() ? number : 2;
    Made(handled_made_[known], handled_, [&] {
      prometheus::Labels labels = labels_;
      labels["grpc_code"] = kCodes[known];
      return labels;
    }).Increment();
    seconds_.Observe(absl::ToDoubleSeconds(took));
  }

 private:
  const prometheus::Labels labels_;
  prometheus::Family<Counter>& handled_;
  Counter& started_;
  Counter& received_;
  Counter& sent_;
  prometheus::Histogram& seconds_;
  std::array<Slot, kCodes.size()> handled_made_ = {};
};

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
                   .Add({}, Waits())),
        reloads_(prometheus::BuildCounter()
                     .Name("usher_guard_policy_reloads_total")
                     .Help("Changed policy files read, by whether they were "
                           "taken.")
                     .Register(registry)),
        reloads_taken_(reloads_.Add({{"result", "ok"}})),
        reloads_failed_(reloads_.Add({{"result", "failed"}})),
        server_(registry) {}

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

  void OnPolicyReload(const absl::Status& status) override {
    (status.ok() ? reloads_taken_ : reloads_failed_).Increment();
  }

  MethodObserver* Observe(const ServedMethod& method) override {
    std::lock_guard lock(methods_mutex_);
    auto& series = methods_[{method.service, method.method}];
    if (series == nullptr) {
      series = std::make_unique<MethodSeries>(server_, method);
    }
    return series.get();
  }

 private:
  prometheus::Family<Counter>& calls_;
  prometheus::Family<Counter>& undecided_;
  prometheus::Histogram& waits_;
  prometheus::Family<Counter>& reloads_;
  Counter& reloads_taken_;
  Counter& reloads_failed_;
  std::array<std::array<std::array<Slot, kSources>, kReasons>, kResults.size()>
      calls_made_ = {};
  std::array<Slot, kCauses> undecided_made_ = {};
  ServerFamilies server_;
  std::mutex methods_mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodSeries>>
      methods_;
};

}  // namespace

std::shared_ptr<GuardObserver> PrometheusObserver(
    prometheus::Registry& registry) {
  return std::make_shared<Observer>(registry);
}

}  // namespace usher
