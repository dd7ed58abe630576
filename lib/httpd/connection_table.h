// Which connections of an HTTP server must end: those that are too slow, and,
// where there is no room for a new one, the slowest of the address that holds
// the most. So a new connection always finds room, and no client can use up the
// connections of the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace usher::httpd {

// Pure: the time is an argument. Not thread-safe.
class ConnectionTable {
 public:
  using Id = uint64_t;

  struct Limits {
    size_t connections = 256;
    // For a whole request, from the connection's start or the end of the last
    // response. Bytes that arrive slowly do not prolong it.
    absl::Duration request = absl::Seconds(10);
    // For sending the whole response.
    absl::Duration response = absl::Seconds(30);
  };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  // A connection from `address` (without port). Returns what has to be closed
  // to make room for it.
  std::vector<Id> Add(Id id, std::string address, absl::Time now);
  // Its request is complete: the handler has all the time it needs.
  void OnRequest(Id id);
  // The handler has responded.
  void OnResponse(Id id, absl::Time now);
  // The response was sent, or given up: the next request may come.
  void OnEnd(Id id, absl::Time now);
  void Remove(Id id);

  // The slowest, to be closed because the system lacks something for a new one.
  // Nothing if all are being handled: these end by themselves.
  std::optional<Id> TakeSlowest(absl::Time now);

  // What has to be closed because its time is over. Each is named once.
  std::vector<Id> TakeExpired(absl::Time now);

  size_t size() const { return connections_.size(); }

 private:
  enum class Phase { kReceiving, kHandling, kSending, kClosing };
  struct Connection {
    std::string address;
    Phase phase;
    absl::Time since;
  };

  Connection* Find(Id id);
  // From now on it no longer counts.
  Id MarkClosing(std::map<Id, Connection>::iterator connection);
  // The connection to close for a new one; null: there is none.
  std::map<Id, Connection>::iterator Slowest(Id newest, absl::Time now);

  const Limits limits_;
  std::map<Id, Connection> connections_;
  std::map<std::string, size_t> of_address_;  // those that are not closing
  size_t closing_ = 0;
};

}  // namespace usher::httpd
