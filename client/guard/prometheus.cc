#include "usher/guard_prometheus.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "lib/base/mutex.h"

namespace usher {
namespace {

using prometheus::Counter;
using Outcome = GuardObserver::Outcome;

template <typename Enum>
constexpr size_t IndexOf(Enum value) {
  return static_cast<size_t>(value);
}

constexpr std::array kOutcomes = {"admitted", "refused", "undecided"};
static_assert(kOutcomes.size() == IndexOf(Outcome::kUndecided) + 1);

// Whether the call waited for the verifier.
constexpr std::array kSources = {"memory", "usherd"};

constexpr std::array kRefreshResults = {"verified", "denied", "undecided"};
static_assert(kRefreshResults.size() ==
              IndexOf(GuardObserver::RefreshResult::kUndecided) + 1);

constexpr size_t kCauses = IndexOf(Undecided::Cause::kStopped) + 1;

// A counter for each number that a Reason can have. Number 0, which no Reason
// has, counts calls without one.
constexpr size_t kReasons =
    std::numeric_limits<std::underlying_type_t<Reason>>::max() + 1;

const prometheus::Histogram::BucketBoundaries& Waits() {
  static const auto& waits = *new prometheus::Histogram::BucketBoundaries{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
  return waits;
}

// The buckets of go-grpc-prometheus, in seconds.
const prometheus::Histogram::BucketBoundaries& HandlingTimes() {
  static const auto& times = *new prometheus::Histogram::BucketBoundaries{
      0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return times;
}

// By number, as go-grpc-prometheus writes them.
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
static_assert(kCodes.size() == IndexOf(absl::StatusCode::kUnauthenticated) + 1);

constexpr std::array kTypes = {"unary", "client_stream", "server_stream",
                               "bidi_stream", "unknown"};
static_assert(kTypes.size() == IndexOf(ServedMethod::Type::kUnknown) + 1);

using Slot = std::atomic<Counter*>;

// The counter in `slot`. The first call adds it to the family, which finds it
// by its labels under a lock: too slow for each call.
template <typename MakeLabels>
Counter& GetOrAdd(Slot& slot, prometheus::Family<Counter>& family,
                  const MakeLabels& make_labels) {
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Another thread that comes here now gets the same counter.
    counter = &family.Add(make_labels());
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
                              "Calls that started, refused ones included.")),
        handled(CounterFamily(registry, "grpc_server_handled_total",
                              "Calls that ended, by code.")),
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
      : labels_{{"grpc_type", kTypes[IndexOf(method.type)]},
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
    size_t index = IndexOf(code);
    // A handler may end a call with a number that is no code.
    if (index >= kCodes.size()) index = IndexOf(absl::StatusCode::kUnknown);
    GetOrAdd(handled_by_code_[index], handled_, [&] {
      prometheus::Labels labels = labels_;
      labels["grpc_code"] = kCodes[index];
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
  std::array<Slot, kCodes.size()> handled_by_code_ = {};
};

class Observer final : public GuardObserver {
 public:
  explicit Observer(prometheus::Registry& registry)
      : calls_(prometheus::BuildCounter()
                   .Name("usher_guard_calls_total")
                   .Help("Calls decided by the guard, by result and reason.")
                   .Register(registry)),
        undecided_(prometheus::BuildCounter()
                       .Name("usher_guard_undecided_total")
                       .Help("Verifications without a decision.")
                       .Register(registry)),
        waits_(prometheus::BuildHistogram()
                   .Name("usher_guard_wait_seconds")
                   .Help("How long calls waited for a verification.")
                   .Register(registry)
                   .Add({}, Waits())),
        refreshes_(prometheus::BuildCounter()
                       .Name("usher_guard_refreshes_total")
                       .Help("Verdicts in use that were asked for again before "
                             "their end, by result.")
                       .Register(registry)),
        reloads_(prometheus::BuildCounter()
                     .Name("usher_guard_policy_reloads_total")
                     .Help("Changed policy files that were read, by result.")
                     .Register(registry)),
        reloads_ok_(reloads_.Add({{"result", "ok"}})),
        reloads_failed_(reloads_.Add({{"result", "failed"}})),
        server_(registry) {}

  void OnCall(const CallDecision& call) override {
    const size_t outcome = IndexOf(call.outcome);
    const size_t reason = call.reason ? IndexOf(*call.reason) : 0;
    const size_t source = call.asked_verifier ? 1 : 0;
    GetOrAdd(call_counters_[outcome][reason][source], calls_, [&] {
      return prometheus::Labels{
          {"result", kOutcomes[outcome]},
          {"reason", call.reason ? std::string(NameOf(*call.reason)) : ""},
          {"source", kSources[source]}};
    }).Increment();
    if (call.asked_verifier) waits_.Observe(absl::ToDoubleSeconds(call.waited));
  }

  void OnUndecided(const Undecided& undecided) override {
    GetOrAdd(undecided_counters_[IndexOf(undecided.cause)], undecided_, [&] {
      return prometheus::Labels{
          {"cause", std::string(NameOf(undecided.cause))}};
    }).Increment();
  }

  void OnRefresh(RefreshResult result) override {
    const size_t index = IndexOf(result);
    GetOrAdd(refresh_counters_[index], refreshes_, [&] {
      return prometheus::Labels{{"result", kRefreshResults[index]}};
    }).Increment();
  }

  void OnPolicyReload(const absl::Status& status) override {
    (status.ok() ? reloads_ok_ : reloads_failed_).Increment();
  }

  MethodObserver* Observe(const ServedMethod& method) override {
    base::MutexLock lock(mutex_);
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
  prometheus::Family<Counter>& refreshes_;
  prometheus::Family<Counter>& reloads_;
  Counter& reloads_ok_;
  Counter& reloads_failed_;
  std::array<std::array<std::array<Slot, kSources.size()>, kReasons>,
             kOutcomes.size()>
      call_counters_ = {};
  std::array<Slot, kCauses> undecided_counters_ = {};
  std::array<Slot, kRefreshResults.size()> refresh_counters_ = {};
  ServerFamilies server_;
  base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodSeries>>
      methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<GuardObserver> PrometheusObserver(
    prometheus::Registry& registry) {
  return std::make_shared<Observer>(registry);
}

}  // namespace usher
