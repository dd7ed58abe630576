// One request and its response, on libcurl.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/net/ip_address.h"
#include "lib/http/client.h"
#include "lib/http/credentials/certificate_request.h"
#include "lib/http/proxy.h"
#include "lib/http/url.h"

namespace usher::http {

using base::IpAddress;

// Not thread-safe: used by the loop only. Not movable: libcurl points into it.
class Transfer {
 public:
  // Fails with kInvalidArgument when the request cannot be sent as it is.
  static absl::StatusOr<std::unique_ptr<Transfer>> Create(Request request);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  const Request& request() const { return request_; }
  const Url& url() const { return url_; }

  // The host whose addresses Begin() needs: the proxy's if there is one.
  const std::string& host_to_resolve() const {
    return proxy_ ? proxy_->host : url_.host();
  }
  uint16_t port_to_connect() const {
    return proxy_ ? proxy_->port : url_.port();
  }
  // Those of the `resolved` addresses that the policy allows; kPermissionDenied
  // if it allows none. All of them, if they are the proxy's.
  absl::StatusOr<std::vector<IpAddress>> AllowedOf(
      const std::vector<IpAddress>& resolved) const;
  // Why the policy refuses `address`, with the setting that would allow it.
  // Absent: it does not.
  std::optional<std::string> WhyRefused(const IpAddress& address) const;
  // A URL with an address instead of a name is checked even behind a proxy.
  absl::Status CheckLiteralAddress() const;

  // Prepares easy() to connect only to `addresses`, and to use only connections
  // of `pool`.
  absl::Status Begin(const std::vector<IpAddress>& addresses, CURLSH* pool);
  // After Begin(), and after easy() was removed from its loop: connects anew,
  // to the first of these addresses.
  void BeginAgain(const std::vector<IpAddress>& addresses);
  // Null before Begin().
  CURL* easy() const { return easy_.get(); }

  bool has_several_addresses() const { return addresses_ > 1; }
  // Whether libcurl is still connecting.
  bool IsConnecting() const;
  // The address at the other end, once there is a connection.
  std::optional<IpAddress> peer() const;

  // The result. Once, after libcurl is done with easy().
  absl::StatusOr<Response> Result(CURLcode code);

  // Takes note that it left the queue.
  void SetStarted() { started_at_ = Clock::now(); }
  // What took most of the time so far, for a message: "connecting".
  std::string_view LongestPhase() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct FreeList {
    // Wipes it, because it may hold an Authorization header.
    void operator()(curl_slist* list) const;
  };
  using List = std::unique_ptr<curl_slist, FreeList>;

  Transfer(Request request, Url url, std::optional<Proxy> proxy)
      : request_(std::move(request)),
        url_(std::move(url)),
        proxy_(std::move(proxy)) {}

  void SetTarget(const std::vector<IpAddress>& addresses);
  void SetTls();
  void SetConnectTime();
  void SetLimits();
  void SetRequest();
  size_t AddHeader(std::string_view line);
  size_t AddBody(std::string_view bytes);
  absl::Status ErrorOf(CURLcode code) const;

  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static int OnConnected(void* self, char* remote, char* local, int remote_port,
                         int local_port);

  Request request_;
  const Url url_;
  const std::optional<Proxy> proxy_;
  Response response_;
  size_t header_bytes_ = 0;
  // An error that our own callbacks found; more precise than libcurl's.
  absl::Status callback_error_;
  std::array<char, CURL_ERROR_SIZE> curl_error_{};
  const Clock::time_point created_at_ = Clock::now();
  std::optional<Clock::time_point> started_at_;
  std::optional<Clock::time_point> began_at_;
  std::optional<Clock::time_point> began_again_at_;
  size_t addresses_ = 0;
  SharedHandshake handshake_;
  // The lists outlive easy_, which points at them.
  List pins_;
  List headers_;
  std::unique_ptr<CURL, FreeEasy> easy_;
};

}  // namespace usher::http
