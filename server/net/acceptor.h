// Accepts the connections of a gRPC listener, instead of gRPC.
//
// gRPC 1.51 stops listening for good when accept() fails once, which a lack of
// file descriptors causes (CVE-2023-4785), and it has no bound on connections.
// See docs/adr/0014-own-acceptor.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "server/net/listener_stats.h"

namespace usher::server {

// Owns the listening sockets and a thread. Public functions are thread-safe.
class Acceptor {
 public:
  // Takes over the descriptor of a connection, which does not block.
  using Take = absl::AnyInvocable<void(int fd)>;

  // Listens on "IP:PORT", "localhost:PORT" or "unix:PATH"; a wildcard address
  // means both families, as in gRPC. Connections wait until Start(). `setting`
  // is the key of the address: "admin.listen". The error says how to repair it.
  // `stats` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address, std::string_view setting,
      size_t most_connections, ListenerStats& stats, base::Log& log);
  // Stops.
  ~Acceptor();

  // From now on `take` is called on the thread of the acceptor. Call it once.
  //
  // Beyond `most_connections`, and beyond 7/8 of them from one address, a new
  // connection is closed at once. A failing accept() is repeated for ever.
  void Start(Take take);
  // Stops listening; the system refuses new connections. Open ones go on. When
  // it returns, `take` is not called any more. Can be called again.
  void Stop();

  // What to connect to, with the port that the system chose.
  const std::string& address() const { return address_; }

  // The next connection from `peer`, an address of this machine as
  // "127.0.0.1:41234", is not bounded: the probe of the own ports must get in
  // while all connections are in use. For Unix sockets that holds for all
  // connections of the own process.
  void Expect(const std::string& peer);

 private:
  // gRPC closes a descriptor without a notice, so the inode of the socket tells
  // whether a descriptor still is the connection that was handed over.
  struct Connection {
    uint64_t inode;
    std::string peer;  // address without port; "" for Unix sockets
  };

  Acceptor(size_t most, ListenerStats& stats, base::Log& log);
  absl::Status Open(const std::string& address, std::string_view setting);
  bool OpenSocket(const std::string& host, uint16_t port);
  bool OpenUnixSocket(const std::string& path);
  void Run();
  bool AcceptFrom(int listening);
  bool Admits(int fd, const std::string& peer, const std::string& address);
  void Add(int fd, std::string address);
  void RemoveClosed();
  void OnFailure(int error);
  void OnRefused();
  // At most one line in ten seconds for each kind.
  bool MayLog(absl::Time& last) const;

  const size_t most_;
  const size_t most_of_one_address_;
  ListenerStats& stats_;
  base::Log& log_;
  std::string address_;
  std::string unix_path_;
  uint64_t unix_inode_ = 0;
  std::vector<int> listening_;
  int wake_ = -1;  // an eventfd: Stop()
  Take take_;
  std::thread thread_;

  // Of the thread only.
  absl::flat_hash_map<int, Connection> connections_;
  absl::flat_hash_map<std::string, size_t> of_address_;
  absl::Time looked_ = absl::InfinitePast();
  absl::Time failure_logged_ = absl::InfinitePast();
  absl::Time refused_logged_ = absl::InfinitePast();

  base::Mutex mutex_;
  absl::flat_hash_set<std::string> expected_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server
