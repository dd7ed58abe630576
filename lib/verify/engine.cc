#include "lib/verify/engine.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/result.h"
#include "lib/http/curl_client.h"

namespace usher::verify {
namespace {

size_t WorkerCount(size_t wanted) {
  if (wanted > 0) return wanted;
  return std::max(2u, std::thread::hardware_concurrency());
}

std::unique_ptr<base::Scheduler> MakeScheduler(const base::Scheduler* given,
                                               const base::Clock& clock) {
  if (given) return nullptr;
  return std::make_unique<base::ThreadScheduler>(clock);
}

std::unique_ptr<base::Executor> MakeExecutor(const base::Executor* given,
                                             size_t workers) {
  if (given) return nullptr;
  return std::make_unique<base::WorkerPool>(WorkerCount(workers));
}

void StopIssuers(const issuer::Registry& issuers) {
  for (const auto& issuer : issuers.issuers()) {
    if (jwks::Cache* keys = issuer->keys()) keys->Stop();
    if (issuer::Tenants* tenants = issuer->tenants()) tenants->Stop();
    if (auto* introspector = issuer->introspector()) introspector->Stop();
  }
}

}  // namespace

// Lets the HTTP client end before the threads that may still want to use it.
class Engine::HttpGate final : public http::Client {
 public:
  explicit HttpGate(std::unique_ptr<http::Client> client)
      : client_(std::move(client)) {}

  void Fetch(http::Request request, Done done) override {
    {
      base::MutexLock lock(mutex_);
      if (client_) {
        return client_->Fetch(std::move(request), std::move(done));
      }
    }
    done(absl::CancelledError("the verification engine is being destroyed"));
  }

  // Ends the fetches that are running; later ones fail at once.
  void Close() {
    std::unique_ptr<http::Client> ending;
    {
      base::MutexLock lock(mutex_);
      ending = std::move(client_);
    }
  }

 private:
  base::Mutex mutex_;
  std::unique_ptr<http::Client> client_ ABSL_GUARDED_BY(mutex_);
};

struct Engine::Silent final : Observer, jwks::Observer, introspect::Observer {
  void OnVerdict(std::string_view, std::optional<Reason>, VerdictSource, bool,
                 absl::Duration) override {}
  void OnFetch(const std::string&, jwks::Trigger, const absl::Status&,
               absl::Duration) override {}
  void OnKeysChanged(const std::string&, size_t) override {}
  void OnAnswer(const std::string&, const introspect::Answer&,
                absl::Duration) override {}
};

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(
    std::vector<issuer::Config> issuers, Options options) {
  if (absl::Status valid = issuer::Validate(issuers); !valid.ok()) {
    return valid;
  }
  USHER_TRY(auto http, CreateHttpClients());
  return std::make_unique<Engine>(std::move(issuers), std::move(http), options);
}

absl::StatusOr<Engine::HttpClients> Engine::CreateHttpClients() {
  USHER_TRY(auto keys, http::CurlClient::Create());
  // Slots, not connections, limit the questions (lib/introspect/fair_slots.h).
  USHER_TRY(auto introspection,
            http::CurlClient::Create(
                {.max_transfers = 4096, .max_transfers_per_host = 1024}));
  return HttpClients{std::move(keys), std::move(introspection)};
}

Engine::Engine(std::vector<issuer::Config> issuers, HttpClients http,
               Options options)
    : clock_(options.clock ? *options.clock : system_clock_),
      silent_(std::make_unique<Silent>()),
      observer_(options.observer ? *options.observer : *silent_),
      budget_(options.budget),
      token_cache_(options.token_cache),
      answer_cache_(options.answer_cache),
      http_(std::make_unique<HttpGate>(std::move(http.keys))),
      introspection_http_(
          http.introspection
              ? std::make_unique<HttpGate>(std::move(http.introspection))
              : nullptr),
      own_scheduler_(MakeScheduler(options.scheduler, clock_)),
      scheduler_(own_scheduler_ ? *own_scheduler_ : *options.scheduler),
      own_executor_(MakeExecutor(options.executor, options.workers)),
      executor_(own_executor_ ? *own_executor_ : *options.executor),
      issuer_deps_{{*http_, scheduler_, executor_, clock_,
                    options.key_observer ? *options.key_observer : *silent_},
                   introspection_http_ ? *introspection_http_ : *http_,
                   answer_cache_,
                   options.introspection_observer
                       ? *options.introspection_observer
                       : *silent_},
      active_(MakeVerifier(std::move(issuers), nullptr)) {}

Engine::~Engine() {
  std::vector<std::weak_ptr<const issuer::Registry>> replaced;
  {
    base::MutexLock lock(reload_mutex_);
    replaced.swap(replaced_);
  }
  StopIssuers(*issuers());
  for (const auto& one : replaced) {
    if (const auto issuers = one.lock()) StopIssuers(*issuers);
  }
  // No key cache begins anything from here on, but what it had just begun may
  // still be about to use the executor or the HTTP client.
  WaitForRunningTimer();
  http_->Close();
  if (introspection_http_) introspection_http_->Close();
  // Earlier generations go when the last callback of a verification has
  // returned and no reader can see them.
  const auto alive = [](const auto& one) { return !one.expired(); };
  while (std::any_of(replaced.begin(), replaced.end(), alive)) {
    base::Reclaim();
    absl::SleepFor(absl::Microseconds(100));
  }
}

void Engine::WaitForRunningTimer() {
  if (!own_scheduler_) return;  // a test's, which runs on the test's thread
  // One thread runs all timers in turn.
  const auto ended = std::make_shared<std::promise<void>>();
  scheduler_.At(absl::InfinitePast(), [ended] { ended->set_value(); });
  ended->get_future().wait();
}

std::unique_ptr<const Verifier> Engine::MakeVerifier(
    std::vector<issuer::Config> issuers, const issuer::Registry* previous) {
  return std::make_unique<const Verifier>(Verifier::Deps{
      issuer::Registry::Build(std::move(issuers), previous, issuer_deps_),
      clock_, observer_, token_cache_, budget_});
}

Verifier::Outcome Engine::Decide(std::string_view token,
                                 const Requirements& requirements) const {
  const auto active = active_.Read();
  return active->Decide(token, requirements);
}

std::variant<Verifier::Explained, AmbiguousAudience> Engine::Explain(
    std::string_view token, const Requirements& requirements) const {
  const auto active = active_.Read();
  return active->Explain(token, requirements);
}

Verifier Engine::verifier() const {
  const auto active = active_.Read();
  return *active;
}

std::shared_ptr<const issuer::Registry> Engine::issuers() const {
  const auto active = active_.Read();
  return active->issuers();
}

void Engine::Reload(std::vector<issuer::Config> next) {
  base::MutexLock lock(reload_mutex_);
  const auto previous = issuers();
  auto verifier = MakeVerifier(std::move(next), previous.get());
  std::erase_if(replaced_, [](const auto& one) { return one.expired(); });
  replaced_.push_back(previous);
  active_.Publish(std::move(verifier));
}

}  // namespace usher::verify
