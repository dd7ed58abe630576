// Resolves host names without blocking.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "lib/base/net/ip_address.h"

struct ares_channeldata;
struct ares_addrinfo;

namespace usher::http {

using base::IpAddress;

// Asks the system's hosts file and name servers, over UDP or TCP, driven by its
// owner's loop: the owner waits for sockets() or until Timeout() has passed,
// whichever is first, then calls Process(). Not thread-safe: for one thread.
//
// Requests for one name share one query, and an answer is cached for its time
// to live, within 1 to 60 s: a thousand requests a second to one issuer cost
// one query a minute. A silent name server delays only the requests for its
// names, by tries x timeout.
//
// The system's resolver settings are read at the start, and again when
// /etc/resolv.conf changes: that file with its search list, the hosts file, and
// the variables with which the owner of the host changes them (LOCALDOMAIN,
// RES_OPTIONS, CARES_HOSTS). They control how names are looked up, never which
// server is trusted.
class Resolver {
 public:
  using Clock = std::chrono::steady_clock;
  using Addresses = std::vector<IpAddress>;
  using Done = absl::AnyInvocable<void(const absl::StatusOr<Addresses>&)>;

  struct Options {
    // "127.0.0.1:5353": ask only this server, without hosts file and search
    // list. Absent: the system's settings.
    std::optional<std::string> name_server;
    std::chrono::milliseconds timeout{1000};  // of the first try; later tries
    int tries = 2;                            // wait longer. Per name server
  };

  // Fails when the settings cannot be used.
  static absl::StatusOr<std::unique_ptr<Resolver>> Create(Options options);
  // Queries in flight end with kCancelled.
  ~Resolver();

  // Calls `done` once: inline if the answer is cached, else from Process(). An
  // IP address resolves to itself. Errors: kNotFound (no such name, or it has
  // no address), kUnavailable (no name server answered); the message says
  // which, without the name.
  void Resolve(const std::string& host, Done done);

  // A socket to watch for Process().
  struct Socket {
    int fd;
    bool reading;
    bool writing;
  };
  std::vector<Socket> sockets() const;
  // How long from now until Process() is due. Absent: no query is in flight.
  std::optional<std::chrono::milliseconds> Timeout() const;
  // Reads and writes the sockets that are ready, and ends overdue queries.
  void Process(std::span<const Socket> ready);

 private:
  struct Query;
  struct CacheEntry {
    Addresses addresses;
    Clock::time_point until;
  };

  explicit Resolver(Options options) : options_(std::move(options)) {}
  absl::Status OpenChannel();
  void CloseChannel();
  void ReopenIfSettingsChanged();
  void Finish(const std::string& host, absl::StatusOr<Addresses> answer);
  void Store(const std::string& host, const Addresses& addresses, int ttl);
  static void OnSocket(void* self, int fd, int reading, int writing);
  static void OnAnswer(void* query, int status, int timeouts,
                       ares_addrinfo* info);

  const Options options_;
  ares_channeldata* channel_ = nullptr;
  int64_t settings_stamp_ = 0;
  int running_callbacks_ = 0;  // of the channel, which must not be closed then
  std::map<int, Socket> sockets_;
  std::map<std::string, std::vector<Done>> pending_;
  std::map<std::string, CacheEntry> cache_;
};

}  // namespace usher::http
