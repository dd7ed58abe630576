#include "client/guard/decide/questions.h"

#include <algorithm>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

// What gRPC and the guard keep of a call that waits, beside its token.
constexpr size_t kBytesPerCall = 20 * 1024;

// The token is in gRPC's metadata, and it may be in a question of its own.
size_t BytesOf(size_t token_size) { return kBytesPerCall + 2 * token_size; }

// Each audience has its length in front, so two keys never have one name.
std::string NameOf(const base::TokenKey& key) {
  std::string name;
  for (const std::string& audience : key.audiences()) {
    name += base::StrCat(audience.size(), ":", audience);
  }
  return base::StrCat(name, ".", key.token());
}

}  // namespace

bool Questions::HasRoom(const Connection& connection, size_t bytes) const {
  return calls_ < limits_.max_calls &&
         connection.calls < limits_.max_calls - calls_ &&
         bytes_ + bytes <= limits_.max_bytes &&
         connection.bytes < limits_.max_bytes - bytes_;
}

Questions::Joined Questions::Join(const base::TokenKey& key,
                                  const TraceHeaders& trace, PendingCall& call,
                                  Work& work) {
  std::string name = NameOf(key);
  const size_t bytes = BytesOf(key.token().size());
  const ConnectionId id = call.connection;
  const absl::Time now = call.since;
  base::MutexLock lock(mutex_);
  Schedule(now, work);
  Connection& connection = connections_[id];
  const auto found = by_name_.find(name);
  const bool is_new = found == by_name_.end();
  const size_t questions = connection.asked + connection.line.size();
  if (!HasRoom(connection, bytes) ||
      (is_new && questions >= limits_.max_asked)) {
    Forget(id);
    return Joined::kRejected;
  }
  const std::shared_ptr<Question> question =
      is_new ? AddQuestion(std::move(name), key, trace, call.rule, now)
             : found->second;
  if (is_new) question->connection = id;
  connection.calls += 1;
  connection.bytes += bytes;
  calls_ += 1;
  bytes_ += bytes;
  question->calls.push_back(std::move(call));
  if (is_new) {
    Enqueue(question);
    Schedule(now, work);
  }
  return Joined::kWaits;
}

void Questions::Refresh(const base::TokenKey& key, const TraceHeaders& trace,
                        std::shared_ptr<const MethodRule> rule,
                        std::shared_ptr<const KnownToken> known, absl::Time now,
                        Work& work) {
  std::string name = NameOf(key);
  base::MutexLock lock(mutex_);
  if (by_name_.contains(name)) return;
  const std::shared_ptr<Question> question =
      AddQuestion(std::move(name), key, trace, std::move(rule), now);
  question->refreshed = std::move(known);
  Enqueue(question);
  Schedule(now, work);
}

std::shared_ptr<Question> Questions::AddQuestion(
    std::string name, const base::TokenKey& key, const TraceHeaders& trace,
    std::shared_ptr<const MethodRule> rule, absl::Time now) {
  auto question = std::make_shared<Question>();
  question->name = std::move(name);
  question->token = std::string_view(question->name)
                        .substr(question->name.size() - key.token().size());
  question->rule = std::move(rule);
  question->traceparent = trace.traceparent;
  question->request_id = trace.request_id;
  question->since = now;
  by_name_.emplace(question->name, question);
  return question;
}

std::vector<PendingCall> Questions::Complete(Question& question, absl::Time now,
                                             Work& work) {
  base::MutexLock lock(mutex_);
  --asked_;
  if (question.refreshed != nullptr) {
    --refreshes_asked_;
  } else {
    ChangeAsked(connections_[question.connection], question.connection, false);
  }
  std::vector<PendingCall> calls = Remove(question);
  Schedule(now, work);
  return calls;
}

void Questions::Enqueue(const std::shared_ptr<Question>& question) {
  question->by_age = by_age_.insert(by_age_.end(), question);
  if (question->refreshed != nullptr) {
    question->in_line = refreshes_.insert(refreshes_.end(), question);
    return;
  }
  Connection& connection = connections_[question->connection];
  if (connection.line.empty()) {
    connection.turn = next_turn_++;
    turns_.insert(TurnOf(question->connection, connection));
  }
  question->in_line = connection.line.insert(connection.line.end(), question);
}

void Questions::Dequeue(Question& question) {
  by_age_.erase(question.by_age);
  if (question.refreshed != nullptr) {
    refreshes_.erase(question.in_line);
    return;
  }
  Connection& connection = connections_[question.connection];
  connection.line.erase(question.in_line);
  turns_.erase(TurnOf(question.connection, connection));
  if (connection.line.empty()) return;
  connection.turn = next_turn_++;
  turns_.insert(TurnOf(question.connection, connection));
}

void Questions::ChangeAsked(Connection& connection, ConnectionId id,
                            bool more) {
  const bool waits = !connection.line.empty();
  if (waits) turns_.erase(TurnOf(id, connection));
  connection.asked += more ? 1 : -1;
  if (waits) turns_.insert(TurnOf(id, connection));
}

void Questions::Schedule(absl::Time now, Work& work) {
  while (!by_age_.empty() && now - by_age_.front()->since >= limits_.max_wait) {
    std::shared_ptr<Question> question = by_age_.front();
    Dequeue(*question);
    std::vector<PendingCall> calls = Remove(*question);
    work.expired.push_back({std::move(question), std::move(calls)});
  }
  while (std::shared_ptr<Question> question = NextToAsk()) {
    Ask(std::move(question), work);
  }
}

std::shared_ptr<Question> Questions::NextToAsk() {
  if (asked_ >= limits_.max_asked) return nullptr;
  const size_t max_refreshes = std::max<size_t>(1, limits_.max_asked / 2);
  if (!refreshes_.empty() && refreshes_asked_ < max_refreshes) {
    return refreshes_.front();
  }
  if (turns_.empty()) return nullptr;
  const auto& [connection_asked, turn, id] = *turns_.begin();
  // No other connection has fewer.
  if (connection_asked >= limits_.max_asked - asked_) return nullptr;
  return connections_[id].line.front();
}

void Questions::Ask(std::shared_ptr<Question> question, Work& work) {
  Dequeue(*question);
  ++asked_;
  if (question->refreshed != nullptr) {
    ++refreshes_asked_;
  } else {
    ChangeAsked(connections_[question->connection], question->connection, true);
  }
  work.ask.push_back(std::move(question));
}

// Of a question that is neither in line nor asked any more.
std::vector<PendingCall> Questions::Remove(Question& question) {
  std::vector<PendingCall> calls = std::move(question.calls);
  const size_t bytes = BytesOf(question.token.size());
  for (const PendingCall& call : calls) {
    Connection& connection = connections_[call.connection];
    connection.calls -= 1;
    connection.bytes -= bytes;
    Forget(call.connection);
  }
  calls_ -= calls.size();
  bytes_ -= calls.size() * bytes;
  const ConnectionId id = question.connection;
  by_name_.erase(question.name);
  if (question.refreshed == nullptr) Forget(id);
  return calls;
}

void Questions::Forget(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const Connection& connection = found->second;
  if (connection.asked == 0 && connection.calls == 0 &&
      connection.line.empty()) {
    connections_.erase(found);
  }
}

size_t Questions::calls() const {
  base::MutexLock lock(mutex_);
  return calls_;
}

size_t Questions::asked() const {
  base::MutexLock lock(mutex_);
  return asked_;
}

size_t Questions::bytes() const {
  base::MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace usher::guard
