// Turns host names into addresses without ever holding up the thread that asks.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/net/ip_address.h"

struct ares_channeldata;
struct ares_addrinfo;

namespace usher::http {

using base::IpAddress;

// What the system's hosts file and name servers say of a name, over UDP or TCP,
// driven by its owner's loop: the owner waits for sockets() or for Timeout() to
// pass, whichever is first, then calls Process(). Not thread-safe; all of it
// belongs to that one thread.
//
// Each name is asked for once, however many wait for it, and an answer is kept
// for its time to live, within 1 to 60 s: an issuer asked a thousand times a
// second costs one question a minute. A silent name server costs its own askers
// tries x timeout, and nobody else anything.
//
// The system's resolver settings are read at the start, and again when
// /etc/resolv.conf changed: that file with its search list, the hosts file, and
// the variables with which a host's owner amends them (LOCALDOMAIN,
// RES_OPTIONS, CARES_HOSTS). They say how names are looked up, never whom to
// trust.
class Resolver {
 public:
  using Clock = std::chrono::steady_clock;
  using Addresses = std::vector<IpAddress>;
  using Done = std::function<void(const absl::StatusOr<Addresses>&)>;

  struct Options {
    // "127.0.0.1:5353": ask only this server, without hosts file and search
    // list. Absent: the system's settings.
    std::optional<std::string> name_server;
    std::chrono::milliseconds timeout{1000};  // the first try; later ones wait
    int tries = 2;                            // longer. Per name server
  };

  // Fails when the settings cannot be used.
  static absl::StatusOr<std::unique_ptr<Resolver>> Create(Options options);
  // Names still being asked for end with kCancelled.
  ~Resolver();

  // Calls `done` once: inline if the answer is known, else from Process().
  // An address is its own answer. Failures: kNotFound (no such name, or one
  // without addresses), kUnavailable (no name server answered); the message
  // says which, without the name.
  void Resolve(const std::string& host, Done done);

  // What Process() wants to be told of.
  struct Socket {
    int fd;
    bool reading;
    bool writing;
  };
  std::vector<Socket> sockets() const;
  // How long from now until Process() is due; nothing while nothing is asked.
  std::optional<std::chrono::milliseconds> Timeout() const;
  // Reads and writes what is ready (flags say for what) and ends what is
  // overdue.
  void Process(std::span<const Socket> ready);

 private:
  struct Question;
  struct Answer {
    Addresses addresses;
    Clock::time_point until;
  };

  explicit Resolver(Options options) : options_(std::move(options)) {}
  absl::Status OpenChannel();
  void CloseChannel();
  void ReopenIfSettingsChanged();
  void Finish(const std::string& host, absl::StatusOr<Addresses> answer);
  void Keep(const std::string& host, const Addresses& addresses, int ttl);
  static void OnSocket(void* self, int fd, int reading, int writing);
  static void OnAnswer(void* question, int status, int timeouts,
                       ares_addrinfo* info);

  const Options options_;
  ares_channeldata* channel_ = nullptr;
  int64_t settings_stamp_ = 0;
  int answering_ = 0;  // callbacks of the channel under way: it must live
  std::map<int, Socket> sockets_;
  std::map<std::string, std::vector<Done>> asking_;
  std::map<std::string, Answer> known_;
};

}  // namespace usher::http
