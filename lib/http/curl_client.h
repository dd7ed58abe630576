// The Client for real servers, on libcurl.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/mutex.h"
#include "lib/http/client.h"

namespace usher::http {

class TransferLoop;

// One thread for all transfers. At most `max_transfers` are in flight at once,
// at most `max_transfers_per_host` to one host and port; the others wait, and
// their timeouts run. Names are looked up without blocking, so a silent name
// server or provider delays only the requests that need it.
//
// TLS 1.2 or later, certificate and name always verified. HTTP/1.1. No
// redirects, no cookies, no compression, no environment variables (libcurl
// itself reads SSLKEYLOGFILE, which only the starter of the process can set).
// Every address is checked (address_policy.h), then pinned, and checked again
// when the connection is established. Connections are reused, but only under
// equal FetchOptions. What a proxy changes: proxy.h.
class CurlClient final : public Client {
 public:
  struct Options {
    size_t max_transfers = 64;
    size_t max_transfers_per_host = 16;
    // Fetches that have not ended; one more ends with kResourceExhausted.
    size_t max_waiting = 20'000;
    // "127.0.0.1:5353" instead of the system's name servers; for tests.
    std::optional<std::string> name_server;
    std::chrono::milliseconds name_server_timeout{1000};
  };

  static absl::StatusOr<std::unique_ptr<CurlClient>> Create(Options options);
  static absl::StatusOr<std::unique_ptr<CurlClient>> Create() {
    return Create(Options());
  }
  // Cancels all transfers and waits for the callbacks to return. A Fetch() that
  // a callback makes in the meantime ends with kCancelled too.
  ~CurlClient() override;

  void Fetch(Request request, Done done) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct QueuedFetch {
    Request request;
    Clock::time_point deadline;
    Done done;
    bool too_many;
  };

  CurlClient(Options options, std::unique_ptr<TransferLoop> loop);
  void Run();
  void Begin(std::vector<QueuedFetch>& queued);

  const Options options_;
  base::Mutex mutex_;
  // For Wake(), until the thread ends it.
  TransferLoop* wakeable_ ABSL_GUARDED_BY(mutex_);
  std::vector<QueuedFetch> inbox_ ABSL_GUARDED_BY(mutex_);
  size_t unfinished_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<TransferLoop> loop_;  // used by thread_ only
  std::thread thread_;  // last: starts when everything else is there
};

}  // namespace usher::http
