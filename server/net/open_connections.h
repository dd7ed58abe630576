// The connections that were handed over to gRPC, which closes a descriptor
// without a notice: the inode of its socket tells whether it is still open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace usher::server {

// Not thread-safe.
class OpenConnections {
 public:
  // At most `most` of them, and 7/8 of that from one address.
  explicit OpenConnections(size_t most)
      : most_(most), most_of_one_address_(most - most / 8) {}

  // `address`: of the peer, without port; "" for Unix sockets, which only the
  // first bound concerns.
  bool HasRoom(const std::string& address) const;
  void Add(int fd, std::string address);
  size_t size() const { return connections_.size(); }

  // Forgets those that are closed, and reads how much the others have received.
  void Update(absl::Time now);

  struct Ended {
    size_t connections = 0;
    uint64_t received = 0;  // by them
    std::string peer;       // the address of the one that received the most
  };
  // Ends those that received the most lately, until they received `bytes`
  // together; then, if that is too little, those that received the most since
  // they began. One that received less than kWorthEnding is not the cause.
  // "Lately" fades by half every kHalfLife. Does not see what comes through
  // Unix sockets. Calls Update().
  static constexpr uint64_t kWorthEnding = uint64_t{8} << 20;
  static constexpr absl::Duration kHalfLife = absl::Seconds(5);
  Ended EndBusiest(uint64_t bytes, absl::Time now);

 private:
  struct Connection {
    uint64_t inode;
    std::string address;
    uint64_t received = 0;  // in all
    double lately = 0;
    bool ended = false;
  };
  using Measure = double (*)(const Connection&);
  void EndMost(Measure measure, uint64_t bytes, Ended& ended);
  void Forget(const std::string& address);

  const size_t most_;
  const size_t most_of_one_address_;
  absl::flat_hash_map<int, Connection> connections_;
  absl::flat_hash_map<std::string, size_t> of_address_;
  absl::Time updated_ = absl::InfinitePast();
};

}  // namespace usher::server
