// The event loop of all transfers.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"
#include "lib/http/connect_race.h"
#include "lib/http/connection_pools.h"
#include "lib/http/per_host_queue.h"
#include "lib/http/resolver.h"
#include "lib/http/transfer.h"

namespace usher::http {

// Belongs to one thread, which calls RunOnce() in a loop; only Wake() may be
// called by others. Nothing here waits for a single transfer.
//
// A transfer waits in the queue (per_host_queue.h), then for its addresses
// (resolver.h), then libcurl performs it. One deadline covers all three.
class TransferLoop {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    Resolver::Options resolver;
    size_t max_transfers = 64;
    size_t max_transfers_per_host = 16;
  };

  static absl::StatusOr<std::unique_ptr<TransferLoop>> Create(Options options);

  // Calls `done` once, from here or from a later RunOnce().
  void Add(Request request, Clock::time_point deadline, Client::Done done);
  // Does all the work that is due, then waits until there is more.
  void RunOnce();
  // Ends the wait of this RunOnce(), or of the next. Thread-safe.
  void Wake() { curl_multi_wakeup(multi_.get()); }
  // Ends everything with kCancelled.
  void CancelAll();

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  // A transfer in any of the three states.
  struct Entry {
    std::unique_ptr<Transfer> transfer;
    // In the order in which they are tried.
    Resolver::Addresses addresses = {};
    Clock::time_point deadline;
    Client::Done done;
    bool active = false;     // has left the queue
    CURLSH* pool = nullptr;  // set once libcurl performs it
  };

  TransferLoop(Options options, std::unique_ptr<Resolver> resolver);
  void StartQueued();
  void Start(uint64_t id);
  void OnResolved(uint64_t id,
                  const absl::StatusOr<Resolver::Addresses>& addresses);
  absl::Status Perform(uint64_t id, Entry& entry,
                       const Resolver::Addresses& addresses);
  void CompleteFinished();
  void CompleteOverdue();
  void Wait();
  // Connects to an address that answers while the first does not.
  void MoveOn(Clock::time_point now);
  // The address that answered last time comes first, those that accepted a
  // connection and then did not answer last: such an address costs one
  // transfer, not each.
  Resolver::Addresses InOrder(const std::string& host,
                              Resolver::Addresses addresses) const;
  void Remember(const Transfer& transfer, bool answered);
  void Complete(uint64_t id, absl::StatusOr<Response> result);

  PerHostQueue queue_;
  ConnectionPools pools_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::map<uint64_t, Entry> entries_;
  std::set<std::pair<Clock::time_point, uint64_t>> deadlines_;
  // Of the transfers that connect to one of several addresses.
  std::map<uint64_t, ConnectRace> races_;
  // What is known of the addresses of hosts that have several.
  struct KnownAddresses {
    std::optional<IpAddress> answered;  // last
    // Accepted a connection since then and did not answer; the last one last.
    std::vector<IpAddress> silent;

    // The lower, the earlier an address is tried.
    size_t RankOf(const IpAddress& address) const;
  };
  std::map<std::string, KnownAddresses> known_addresses_;
  uint64_t next_id_ = 1;
  // Last, so that it is destroyed first: it calls OnResolved().
  std::unique_ptr<Resolver> resolver_;
};

}  // namespace usher::http
