// Accepts the connections of a gRPC listener, instead of gRPC.
//
// gRPC 1.51 stops listening for good when accept() fails once, which a lack of
// file descriptors causes (CVE-2023-4785), and it has no bound on connections.
// See docs/adr/0014-own-acceptor.md.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "server/net/listener_stats.h"
#include "server/net/listening_sockets.h"
#include "server/net/memory_brake.h"
#include "server/net/open_connections.h"

namespace usher::server {

// Owns the listening sockets and a thread. Public functions are thread-safe.
class Acceptor {
 public:
  // Takes over the descriptor of a connection, which does not block.
  using Take = absl::AnyInvocable<void(int fd)>;

  // Listens as ListeningSockets::Open() says. Connections wait until Start().
  // `stats` and `log` outlive the result.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(
      const std::string& address, std::string_view setting,
      size_t most_connections, ListenerStats& stats, base::Log& log);
  // Before Start(): from now on connections end while the process uses too much
  // memory, those first that received the most lately.
  void SetMemoryBrake(MemoryBrake brake) { brake_.emplace(std::move(brake)); }
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
  const std::string& address() const { return sockets_.address(); }

  // The next connection from `peer`, an address of this machine as
  // "127.0.0.1:41234", is not bounded: the probe of the own ports must get in
  // while all connections are in use. For Unix sockets that holds for all
  // connections of the own process.
  void Expect(const std::string& peer);

 private:
  Acceptor(ListeningSockets sockets, size_t most, ListenerStats& stats,
           base::Log& log);
  void Run();
  bool AcceptFrom(int listening);
  bool Admits(int fd, const std::string& peer, const std::string& address);
  void Add(int fd, std::string address);
  void RemoveClosed();
  void EndIfMemoryIsShort();
  void OnFailure(int error);
  void OnRefused();
  void OnEnded(const OpenConnections::Ended& ended, size_t excess);
  // At most one line in ten seconds for each kind.
  bool MayLog(absl::Time& last) const;

  ListeningSockets sockets_;
  const size_t most_;
  ListenerStats& stats_;
  base::Log& log_;
  const int wake_;  // an eventfd: Stop()
  Take take_;
  std::thread thread_;

  // Of the thread only.
  OpenConnections connections_;
  std::optional<MemoryBrake> brake_;
  absl::Time looked_ = absl::InfinitePast();
  absl::Time failure_logged_ = absl::InfinitePast();
  absl::Time refused_logged_ = absl::InfinitePast();
  absl::Time ended_logged_ = absl::InfinitePast();

  base::Mutex mutex_;
  absl::flat_hash_set<std::string> expected_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server
