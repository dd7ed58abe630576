// Everything that verification in one process needs, as one object: timers,
// worker threads, HTTP client, key caches, token cache, and the issuers that
// are active now.
//
//   auto engine = Engine::Create(std::move(issuers), {});
//   auto outcome = (*engine)->Decide(token, requirements);
//
// usherd and usher::LocalVerifier are built on it. It names no gRPC and serves
// nothing.
//
// Threads. Create() starts one thread for timers, two for HTTP, and the
// workers. All signals are blocked on the HTTP threads.
//
// Several engines in one process share nothing but the bookkeeping of
// base::Snapshot and per-thread buffers, neither of which has a setting.
//
// fork(). Threads do not survive it: create the engine in the process that uses
// it. A child of fork() must not use, reload or destroy an engine of its
// parent; exec() and _exit() are fine.
//
// dlclose(). The code must stay loaded until the destructor has returned.
// Threads that have verified tokens keep buffers until they end; glibc keeps
// the shared object loaded for those.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "lib/base/snapshot.h"
#include "lib/http/client.h"
#include "lib/introspect/answer_cache.h"
#include "lib/introspect/observer.h"
#include "lib/issuer/config.h"
#include "lib/issuer/registry.h"
#include "lib/jwks/cache.h"
#include "lib/verify/observer.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verifier.h"

namespace usher::verify {

// Thread-safe.
class Engine {
 public:
  // Every pointer may be null and must otherwise outlive the engine.
  struct Options {
    TokenCache::Limits token_cache = {};
    introspect::AnswerCache::Limits answer_cache = {};
    // Threads that evaluate the tokens that waited for a fetch. 0: one for each
    // processor, and at least two.
    size_t workers = 0;
    SignatureBudget* budget = nullptr;       // null: checks are not bounded
    Observer* observer = nullptr;            // null: verdicts are not reported
    jwks::Observer* key_observer = nullptr;  // null: nor are fetches
    introspect::Observer* introspection_observer = nullptr;  // nor answers
    // Replaced by tests. Null: the system's clock, and threads of the engine.
    const base::Clock* clock = nullptr;
    base::Scheduler* scheduler = nullptr;
    base::Executor* executor = nullptr;
  };

  // Begins to fetch keys; returns without waiting for them. kInvalidArgument:
  // `issuers` have errors, all of which the message lists, a line each.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(
      std::vector<issuer::Config> issuers, Options options);

  // The two clients must not take each other's places: keys are fetched while
  // thousands of tokens are asked about.
  struct HttpClients {
    std::unique_ptr<http::Client> keys;           // not null
    std::unique_ptr<http::Client> introspection;  // null: the same
  };
  static absl::StatusOr<HttpClients> CreateHttpClients();

  // The same with HTTP clients of the caller's choice, for issuers that are
  // known to be valid (issuer::Validate).
  Engine(std::vector<issuer::Config> issuers, HttpClients http,
         Options options);

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Ends every resumed verification, with KEYS_UNAVAILABLE where the keys have
  // not come and INTROSPECTION_UNAVAILABLE where the issuer has not answered;
  // its callback has returned before the destructor does. Cancels all
  // fetches and joins the threads. Every Verifier of the engine, and every
  // Pending that was not resumed, must be gone before, and no callback may call
  // the engine from then on. Not to be called on a thread of the engine, that
  // is, by a callback.
  ~Engine();

  // Makes these valid issuers the active ones. An issuer whose Config is
  // unchanged goes on as it is, with its keys and its cached tokens; one whose
  // keys still come from the same place keeps its keys; the others begin to
  // fetch theirs. Verifications that have begun end by the issuers they began
  // with. Does not wait for keys. Concurrent calls take turns.
  void Reload(std::vector<issuer::Config> issuers);

  // As Verifier's, by the active issuers, without a lock or a copy of them.
  Verifier::Outcome Decide(std::string_view token,
                           const Requirements& requirements) const;
  std::variant<Verifier::Explained, AmbiguousAudience> Explain(
      std::string_view token, const Requirements& requirements) const;

  // A verifier that stays with the issuers that are active now, and keeps them.
  Verifier verifier() const;
  std::shared_ptr<const issuer::Registry> issuers() const;

  const TokenCache& token_cache() const { return token_cache_; }
  const introspect::AnswerCache& answer_cache() const { return answer_cache_; }
  const base::Clock& clock() const { return clock_; }
  // For work of the engine's owner that may not run where it arises, or runs
  // later.
  base::Executor& executor() { return executor_; }
  base::Scheduler& scheduler() { return scheduler_; }

 private:
  class HttpGate;
  struct Silent;  // reports nothing

  std::unique_ptr<const Verifier> MakeVerifier(
      std::vector<issuer::Config> issuers, const issuer::Registry* previous);
  void WaitForRunningTimer();

  // Each member uses only those above it, so destruction runs backwards.
  const base::SystemClock system_clock_;
  const base::Clock& clock_;
  const std::unique_ptr<Silent> silent_;
  Observer& observer_;
  SignatureBudget* const budget_;
  TokenCache token_cache_;
  introspect::AnswerCache answer_cache_;
  const std::unique_ptr<HttpGate> http_;
  const std::unique_ptr<HttpGate> introspection_http_;    // null: the same
  const std::unique_ptr<base::Scheduler> own_scheduler_;  // null: given
  base::Scheduler& scheduler_;
  const std::unique_ptr<base::Executor> own_executor_;  // null: given
  base::Executor& executor_;
  const issuer::Deps issuer_deps_;

  base::Mutex reload_mutex_;
  // Of earlier generations; a verification that began with one keeps it.
  std::vector<std::weak_ptr<const issuer::Registry>> replaced_
      ABSL_GUARDED_BY(reload_mutex_);
  base::Snapshot<Verifier> active_;
};

}  // namespace usher::verify
