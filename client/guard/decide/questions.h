// The questions to the verifier, and the calls that wait for their answers. All
// calls with the same token share one question.
//
// Three things are shared out so that one connection cannot keep others from
// being served, however many tokens it brings: the questions that are asked at
// once, the calls that wait, and the bytes that these hold. Of each a
// connection gets no more than is still free: one alone at most half, each of
// k at most one part of k + 1. So there is always room for another connection.
// A question beyond its connection's share waits for its turn: the connection
// with the fewest questions asked is served first, and those with equally many
// go round. A connection has at most `max_asked` questions, those that wait for
// their turn included.
//
// The refresh of a verdict in memory comes before every token that is not, and
// refreshes are at most half of the questions that are asked.
#pragma once

#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "client/guard/decide/decision.h"
#include "client/guard/decide/known_token.h"
#include "lib/base/mutex.h"
#include "lib/base/token_key.h"
#include "usher/method_policy.h"
#include "usher/verify_request.h"

namespace usher::guard {

// Runs once.
using DecisionCallback = absl::AnyInvocable<void(const Decision&) &&>;

// Tells connections apart. It may be used again once a connection is gone.
using ConnectionId = const void*;

// A call that waits for an answer. It holds no thread.
struct PendingCall {
  std::shared_ptr<const MethodRule> rule;  // decides the call
  absl::Time since;
  DecisionCallback done;
  const std::string* wrapped = nullptr;  // see CallInfo
  ConnectionId connection = nullptr;
};

// Whether a token is good.
struct Question {
  // Of the token, for the audiences of the rule. A view of this object.
  base::TokenKey key() const {
    return base::TokenKey(token).For(rule->audiences);
  }
  TraceHeaders trace() const { return {traceparent, request_id}; }

  std::string name;        // of the key; ends with the token
  std::string_view token;  // a view of `name`
  std::shared_ptr<const MethodRule> rule;
  std::string traceparent, request_id;
  absl::Time since;
  // The verdict to refresh, or null for an unknown token.
  std::shared_ptr<const KnownToken> refreshed;

  // The rest is for Questions, under its lock.
  ConnectionId connection = nullptr;
  std::vector<PendingCall> calls = {};
  // Where it waits for its turn, if it does.
  std::list<std::shared_ptr<Question>>::iterator in_line = {}, by_age = {};
};

// Thread-safe.
class Questions {
 public:
  struct Limits {
    size_t max_asked = 256;
    size_t max_calls = 10'000;
    size_t max_bytes = 128u << 20;
    // How long a question may wait for its turn.
    absl::Duration max_wait = absl::Milliseconds(1250);
  };
  explicit Questions(const Limits& limits) : limits_(limits) {}

  // A question that waited too long for its turn, so it is not asked, and the
  // calls that waited for it.
  struct Expired {
    std::shared_ptr<Question> question;
    std::vector<PendingCall> calls;
  };
  // What the user of a function below must do next, without a lock.
  struct Work {
    std::vector<std::shared_ptr<Question>> ask = {};
    std::vector<Expired> expired = {};

    bool empty() const { return ask.empty() && expired.empty(); }
    void Append(Work more) {
      std::move(more.ask.begin(), more.ask.end(), std::back_inserter(ask));
      std::move(more.expired.begin(), more.expired.end(),
                std::back_inserter(expired));
    }
  };

  enum class Joined { kWaits, kRejected };
  // Makes `call` wait for the answer about `key`, which has the audiences of
  // the call's rule, unless there is no room: then `call` was not taken.
  Joined Join(const base::TokenKey& key, const TraceHeaders& trace,
              PendingCall& call, Work& work);

  // Asks for a verdict again, unless that is under way. No call waits for it.
  void Refresh(const base::TokenKey& key, const TraceHeaders& trace,
               std::shared_ptr<const MethodRule> rule,
               std::shared_ptr<const KnownToken> known, absl::Time now,
               Work& work);

  // A question of Work::ask has its answer. Returns the calls that waited for
  // it. The next call with its token asks again.
  std::vector<PendingCall> Complete(Question& question, absl::Time now,
                                    Work& work);

  // How many calls wait.
  size_t calls() const;
  // How many questions are asked now.
  size_t asked() const;
  // About how much memory the calls that wait hold, gRPC's part included.
  size_t bytes() const;

 private:
  using Line = std::list<std::shared_ptr<Question>>;

  struct Connection {
    size_t asked = 0;
    size_t calls = 0;
    size_t bytes = 0;
    Line line;  // the questions that wait for their turn
    uint64_t turn = 0;
  };
  // The connections that have questions in line, in the order in which they are
  // served.
  using Turn = std::tuple<size_t, uint64_t, ConnectionId>;

  static Turn TurnOf(ConnectionId id, const Connection& connection) {
    return {connection.asked, connection.turn, id};
  }

  // The new question about `key`.
  std::shared_ptr<Question> AddQuestion(std::string name,
                                        const base::TokenKey& key,
                                        const TraceHeaders& trace,
                                        std::shared_ptr<const MethodRule> rule,
                                        absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(const Connection& connection, size_t bytes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(const std::shared_ptr<Question>& question)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dequeue(Question& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ChangeAsked(Connection& connection, ConnectionId id, bool more)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Schedule(absl::Time now, Work& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<Question> NextToAsk() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ask(std::shared_ptr<Question> question, Work& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<PendingCall> Remove(Question& question)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(ConnectionId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  mutable base::Mutex mutex_;
  // By views of their names.
  absl::flat_hash_map<std::string_view, std::shared_ptr<Question>> by_name_
      ABSL_GUARDED_BY(mutex_);
  // Only those with something to count.
  absl::flat_hash_map<ConnectionId, Connection> connections_
      ABSL_GUARDED_BY(mutex_);
  std::set<Turn> turns_ ABSL_GUARDED_BY(mutex_);
  Line refreshes_ ABSL_GUARDED_BY(mutex_);
  Line by_age_ ABSL_GUARDED_BY(mutex_);  // all that wait, the oldest first
  uint64_t next_turn_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t asked_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t refreshes_asked_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace usher::guard
