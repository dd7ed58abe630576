// The loop that carries all exchanges.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"
#include "lib/http/connection_pools.h"
#include "lib/http/per_host_queue.h"
#include "lib/http/resolver.h"
#include "lib/http/transfer.h"

namespace usher::http {

// Belongs to one thread, which calls Turn() again and again; only Wake() may
// come from others. Nothing here waits for one exchange alone.
//
// An exchange waits for its turn (fair_queue.h), then for its addresses
// (resolver.h), then libcurl has it. One deadline covers all three.
class TransferLoop {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    Resolver::Options resolver;
    size_t max_exchanges = 64;
    size_t max_exchanges_per_host = 16;
  };

  static absl::StatusOr<std::unique_ptr<TransferLoop>> Create(Options options);

  // Calls `done` once, from here or from a later Turn().
  void Add(Request request, Clock::time_point deadline, Client::Done done);
  // Moves everything on, then waits until there is more to do.
  void Turn();
  // Ends the wait of this Turn(), or of the next. Thread-safe.
  void Wake() { curl_multi_wakeup(multi_.get()); }
  // Ends everything with kCancelled.
  void CancelAll();

 private:
  struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  // An exchange in any of its three stations.
  struct Entry {
    std::unique_ptr<Transfer> exchange;
    Clock::time_point deadline;
    Client::Done done;
    bool active = false;     // has had its turn
    CURLSH* pool = nullptr;  // set once libcurl has it
  };

  TransferLoop(Options options, std::unique_ptr<Resolver> resolver);
  void StartWhoseTurnItIs();
  void Start(uint64_t number);
  void OnResolved(uint64_t number,
                  const absl::StatusOr<Resolver::Addresses>& addresses);
  absl::Status HandToCurl(uint64_t number, Entry& entry,
                          const Resolver::Addresses& addresses);
  void TakeFinished();
  void EndOverdue();
  void Wait();
  void End(uint64_t number, absl::StatusOr<Response> outcome);

  PerHostQueue queue_;
  ConnectionPools pools_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::map<uint64_t, Entry> entries_;
  std::set<std::pair<Clock::time_point, uint64_t>> deadlines_;
  uint64_t next_ = 1;
  std::unique_ptr<Resolver> resolver_;  // first to go: it calls OnResolved()
};

}  // namespace usher::http
