#include "lib/httpd/connection_table.h"

#include <tuple>
#include <utility>

namespace usher::httpd {
namespace {

// A response that fits the socket's buffers is sent long before.
constexpr absl::Duration kQuickResponse = absl::Seconds(1);

}  // namespace

std::vector<ConnectionTable::Id> ConnectionTable::Add(Id id,
                                                      std::string address,
                                                      absl::Time now) {
  Remove(id);
  ++of_address_[address];
  connections_[id] = {std::move(address), Phase::kReceiving, now};
  std::vector<Id> close;
  while (connections_.size() - closing_ > limits_.connections) {
    const auto slowest = Slowest(id, now);
    if (slowest == connections_.end()) break;
    close.push_back(MarkClosing(slowest));
  }
  return close;
}

std::optional<ConnectionTable::Id> ConnectionTable::TakeSlowest(
    absl::Time now) {
  constexpr Id kNone = 0;
  const auto slowest = Slowest(kNone, now);
  if (slowest == connections_.end()) return std::nullopt;
  return MarkClosing(slowest);
}

ConnectionTable::Id ConnectionTable::MarkClosing(
    std::map<Id, Connection>::iterator connection) {
  auto& [id, closing] = *connection;
  closing.phase = Phase::kClosing;
  ++closing_;
  if (--of_address_[closing.address] == 0) of_address_.erase(closing.address);
  return id;
}

std::map<ConnectionTable::Id, ConnectionTable::Connection>::iterator
ConnectionTable::Slowest(Id newest, absl::Time now) {
  // First those that have sent no whole request, then those that read no
  // response; of these the address with the most, and its oldest.
  using Rank = std::tuple<bool, size_t, absl::Duration>;
  auto slowest = connections_.end();
  Rank worst;
  for (auto at = connections_.begin(); at != connections_.end(); ++at) {
    const Connection& connection = at->second;
    const absl::Duration age = now - connection.since;
    const bool receives = connection.phase == Phase::kReceiving;
    const bool is_stuck =
        connection.phase == Phase::kSending && age > kQuickResponse;
    if (at->first == newest || (!receives && !is_stuck)) continue;
    const Rank rank = {receives, of_address_.at(connection.address), age};
    if (slowest != connections_.end() && rank <= worst) continue;
    slowest = at;
    worst = rank;
  }
  return slowest;
}

ConnectionTable::Connection* ConnectionTable::Find(Id id) {
  const auto found = connections_.find(id);
  // One that is closing stays so.
  return found == connections_.end() || found->second.phase == Phase::kClosing
             ? nullptr
             : &found->second;
}

void ConnectionTable::OnRequest(Id id) {
  if (Connection* connection = Find(id)) connection->phase = Phase::kHandling;
}

void ConnectionTable::OnResponse(Id id, absl::Time now) {
  Connection* connection = Find(id);
  if (connection == nullptr) return;
  connection->phase = Phase::kSending;
  connection->since = now;
}

void ConnectionTable::OnEnd(Id id, absl::Time now) {
  Connection* connection = Find(id);
  if (connection == nullptr) return;
  connection->phase = Phase::kReceiving;
  connection->since = now;
}

void ConnectionTable::Remove(Id id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  if (found->second.phase == Phase::kClosing) {
    --closing_;
  } else if (--of_address_[found->second.address] == 0) {
    of_address_.erase(found->second.address);
  }
  connections_.erase(found);
}

std::vector<ConnectionTable::Id> ConnectionTable::TakeExpired(absl::Time now) {
  std::vector<Id> expired;
  for (auto at = connections_.begin(); at != connections_.end(); ++at) {
    const Connection& connection = at->second;
    const absl::Duration age = now - connection.since;
    const bool over =
        (connection.phase == Phase::kReceiving && age > limits_.request) ||
        (connection.phase == Phase::kSending && age > limits_.response);
    if (over) expired.push_back(MarkClosing(at));
  }
  return expired;
}

}  // namespace usher::httpd
