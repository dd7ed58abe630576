// The Client that asks real servers, on libcurl.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/http/client.h"

namespace usher::http {

class TransferLoop;

// One thread, however many exchanges. At most `max_exchanges` are under way at
// once, at most `max_exchanges_per_host` to one host and port; the rest wait
// their turn, their time running. Names are looked up without blocking, so a
// silent name server or provider delays nobody but those who ask for it.
//
// TLS 1.2 or later, certificate and name always verified. HTTP/1.1. No
// redirects, no cookies, no compression, no environment variables (libcurl by
// itself heeds SSLKEYLOGFILE, which only whoever starts the process can set).
// Every address is judged (address_policy.h), then pinned, and judged again
// when the connection stands. Connections are reused, but never across two
// Trusts. What a proxy changes: proxy.h.
class CurlClient final : public Client {
 public:
  struct Options {
    size_t max_exchanges = 64;
    size_t max_exchanges_per_host = 16;
    // Exchanges begun and not ended; one more ends with kResourceExhausted.
    size_t max_waiting = 20'000;
    // "127.0.0.1:5353" instead of the system's name servers; for tests.
    std::optional<std::string> name_server;
    std::chrono::milliseconds name_server_timeout{1000};
  };

  static absl::StatusOr<std::unique_ptr<CurlClient>> Create(Options options);
  static absl::StatusOr<std::unique_ptr<CurlClient>> Create() {
    return Create(Options());
  }
  // Ends what is under way, waits for the callbacks to return. A Fetch() made
  // by one of them meanwhile ends with kCancelled too.
  ~CurlClient() override;

  void Fetch(Request request, Done done) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Asked {
    Request request;
    Clock::time_point deadline;
    Done done;
    bool too_many;
  };

  CurlClient(Options options, std::unique_ptr<TransferLoop> loop);
  void Run();
  void Take(std::vector<Asked>& asked);

  const Options options_;
  std::unique_ptr<TransferLoop> loop_;  // the thread's, but for Wake()
  std::mutex mutex_;
  std::vector<Asked> inbox_;
  size_t unended_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace usher::http
