// Asks one issuer about tokens that only it understands (RFC 7662).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "lib/http/client.h"
#include "lib/introspect/answer.h"
#include "lib/introspect/answer_cache.h"
#include "lib/introspect/endpoint_source.h"
#include "lib/introspect/fair_slots.h"
#include "lib/introspect/observer.h"
#include "lib/jose/digest.h"
#include "lib/oauth/credentials.h"
#include "usher/secret.h"

namespace usher::introspect {

// Thread-safe. Nothing blocks.
class Introspector : public std::enable_shared_from_this<Introspector> {
 public:
  // All of them outlive the Introspector.
  struct Deps {
    http::Client& http;
    base::Scheduler& scheduler;
    base::Executor& executor;  // runs the callbacks
    const base::Clock& clock;
    AnswerCache& cache;  // gets every answer, also one that came too late
    Observer& observer;
  };
  struct Settings {
    std::string issuer_name;           // for the observer
    std::vector<std::string> issuers;  // AnswerRules::issuers; not empty
    uint64_t issuer_id = 0;            // AnswerCache::Key::issuer
    token::Policy policy;              // for the claims of answers
    std::string endpoint;              // an https URL; "": see endpoint_source
    std::shared_ptr<EndpointSource> endpoint_source;
    oauth::CredentialSettings client;
    http::FetchOptions trust;
    // For one question, from the first request that is sent to the end of the
    // second, if the connection broke before an answer.
    absl::Duration timeout = absl::Seconds(1);
    SlotLimits slots;
  };

  static std::shared_ptr<Introspector> Create(Settings settings, Deps deps);

  // Asks about `token` for `client_service`. Calls `done` exactly once, on the
  // executor, never inline, at the latest at `deadline`; an EndpointError is
  // kTimeout then, or kOverloaded if the question was not sent yet. Concurrent
  // questions about one token share one request. The token is kept until the
  // answer, and wiped then.
  using Done = absl::AnyInvocable<void(TimedAnswer)>;
  void Ask(std::string_view token, std::string_view client_service,
           absl::Time deadline, Done done);

  // What the issuer answered about `token` a moment ago. Does not wait.
  std::optional<TimedAnswer> Find(std::string_view token, absl::Time now) const;

  // Questions end with kUnreachable, and later ones at once.
  void Stop();

  const Settings& settings() const { return settings_; }

 private:
  struct Waiter {
    uint64_t number;
    Done done;
    base::Scheduler::Ticket timer;
  };
  // One token that is asked about.
  struct Question {
    jose::Sha256Digest digest;
    Secret token;
    std::string service;  // of the first waiter: it pays with its slot
    std::vector<Waiter> waiters;
    bool has_slot = false;
    std::optional<absl::Time> began = {};  // when the first request was sent
    bool retried = false;
  };
  using Questions = absl::flat_hash_map<FairSlots::Id, Question>;

  Introspector(Settings settings, Deps deps);

  void Send(FairSlots::Id id);
  void SendNow(FairSlots::Id id);
  void SendTo(FairSlots::Id id, std::string endpoint);
  void OnResponse(FairSlots::Id id, absl::StatusOr<http::Response> response);
  void Finish(FairSlots::Id id, Answer answer);
  void GiveUp(FairSlots::Id id, uint64_t waiter);
  void Refuse(Done done, TimedAnswer answer);
  void Deliver(Done done, TimedAnswer answer);

  const Settings settings_;
  const Deps deps_;
  oauth::Credentials client_;

  // Held for a few instructions: never while sending or calling back.
  base::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  FairSlots slots_ ABSL_GUARDED_BY(mutex_);
  Questions questions_ ABSL_GUARDED_BY(mutex_);
  std::map<jose::Sha256Digest, FairSlots::Id> by_token_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace usher::introspect
