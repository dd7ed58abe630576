#include "lib/httpd/server.h"

#include <microhttpd.h>

#include <cstdarg>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "lib/base/mutex.h"
#include "lib/base/strings.h"
#include "lib/httpd/listen_socket.h"
#include "lib/httpd/microhttpd_messages.h"
#include "lib/httpd/pending_response.h"

namespace usher::httpd {
namespace {

using base::Absl;
using base::StrCat;
constexpr char kPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// One request from its first line to its response. MHD carries the pointer.
struct Exchange {
  Request request;
  const std::shared_ptr<PendingResponse> response;
  bool handled = false;
};

}  // namespace

// The daemon of libmicrohttpd (MHD) and its callbacks.
class Server::Daemon {
 public:
  Daemon(Options options, AsyncHandler handler, const ListenSocket& socket)
      : port(socket.port()),
        address(socket.address()),
        options_(std::move(options)),
        handler_(std::move(handler)) {}
  ~Daemon();

  absl::Status Start(ListenSocket socket);

  const uint16_t port;
  const std::string address;

 private:
  MHD_Result OnRequest(MHD_Connection* connection, const char* path,
                       const char* method, const char* data, size_t* size,
                       void** carried);
  bool IsAnnouncedTooLarge(const Request& request) const;
  void Handle(Exchange& exchange) const;
  static void OnCompleted(void*, MHD_Connection*, void** carried,
                          MHD_RequestTerminationCode);
  static void OnLog(void* self, const char* format, va_list arguments);

  const Options options_;
  const AsyncHandler handler_;
  const std::shared_ptr<SuspendedConnections> suspended_ =
      std::make_shared<SuspendedConnections>();
  MHD_Daemon* mhd_ = nullptr;
  base::Mutex mutex_;
  std::string last_log_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Server::Daemon::Start(ListenSocket socket) {
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                   MHD_USE_ERROR_LOG;
  // MHD copies neither PEM text before the daemon runs; both live here.
  std::string key(options_.tls ? options_.tls->private_key.Reveal() : "");
  std::vector<MHD_OptionItem> tls;
  if (options_.tls) {
    flags |= MHD_USE_TLS;
    tls = {{MHD_OPTION_HTTPS_MEM_CERT, 0,
            const_cast<char*>(options_.tls->certificate_chain.c_str())},
           {MHD_OPTION_HTTPS_MEM_KEY, 0, key.data()},
           {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kPriorities)}};
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  mhd_ = MHD_start_daemon(
      flags, 0, nullptr, nullptr,
      [](void* self, MHD_Connection* connection, const char* path,
         const char* method, const char*, const char* data, size_t* size,
         void** carried) {
        return static_cast<Daemon*>(self)->OnRequest(connection, path, method,
                                                     data, size, carried);
      },
      this, MHD_OPTION_EXTERNAL_LOGGER, &OnLog, this,  // must come first
      MHD_OPTION_LISTEN_SOCKET, socket.Release(), MHD_OPTION_NOTIFY_COMPLETED,
      &OnCompleted, nullptr, MHD_OPTION_CONNECTION_LIMIT,
      options_.max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(absl::ToInt64Seconds(options_.timeout)),
      MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
  Wipe(key);
  if (mhd_ != nullptr) return absl::OkStatus();
  const base::MutexLock lock(mutex_);
  return absl::InvalidArgumentError(
      Absl(StrCat("cannot serve on ", address, ": ", last_log_)));
}

Server::Daemon::~Daemon() {
  suspended_->Close();
  if (mhd_ != nullptr) MHD_stop_daemon(mhd_);
}

// MHD calls this for the head of a request, for each piece of its body, at its
// end (size 0), and again when a suspended connection resumes.
MHD_Result Server::Daemon::OnRequest(MHD_Connection* connection,
                                     const char* path, const char* method,
                                     const char* data, size_t* size,
                                     void** carried) {
  auto* exchange = static_cast<Exchange*>(*carried);
  if (exchange == nullptr) {
    exchange =
        new Exchange{RequestOf(connection, path, method),
                     std::make_shared<PendingResponse>(suspended_, connection)};
    *carried = exchange;
    if (!IsAnnouncedTooLarge(exchange->request)) return MHD_YES;
    return Send(connection, {.status = 413, .body = "too large\n"});
  }
  if (*size > 0) {
    std::string& body = exchange->request.body;
    // A body without announced length became too large: close the connection.
    if (*size > options_.max_body - body.size()) return MHD_NO;
    body.append(data, std::exchange(*size, 0));
    return MHD_YES;
  }
  if (!std::exchange(exchange->handled, true)) Handle(*exchange);
  const auto response = exchange->response->TakeOrSuspend();
  return response ? Send(connection, *response) : MHD_YES;
}

bool Server::Daemon::IsAnnouncedTooLarge(const Request& request) const {
  const auto length = request.Header("content-length");
  uint64_t bytes = 0;
  return length && absl::SimpleAtoi(Absl(*length), &bytes) &&
         bytes > options_.max_body;
}

// No exception may pass through the C library below.
void Server::Daemon::Handle(Exchange& exchange) const try {
  handler_(std::move(exchange.request), exchange.response->MakeRespond());
} catch (...) {
  exchange.response->Give({.status = 500, .body = "internal error\n"});
}

void Server::Daemon::OnCompleted(void*, MHD_Connection*, void** carried,
                                 MHD_RequestTerminationCode) {
  delete static_cast<Exchange*>(std::exchange(*carried, nullptr));
}

// Only one message matters: why the daemon did not start. Later messages are
// about errors of clients.
void Server::Daemon::OnLog(void* self, const char* format, va_list arguments) {
  auto& daemon = *static_cast<Daemon*>(self);
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  const base::MutexLock lock(daemon.mutex_);
  daemon.last_log_ = base::Std(absl::StripAsciiWhitespace(text));
}

Server::Server(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options,
                                                      AsyncHandler handler) {
  auto socket = ListenSocket::Open(options.listen);
  if (!socket.ok()) return socket.status();
  auto daemon =
      std::make_unique<Daemon>(std::move(options), std::move(handler), *socket);
  if (absl::Status started = daemon->Start(*std::move(socket)); !started.ok()) {
    return started;
  }
  return std::unique_ptr<Server>(new Server(std::move(daemon)));
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options,
                                                      Handler handler) {
  return Start(std::move(options), MakeAsync(std::move(handler)));
}

uint16_t Server::port() const { return daemon_->port; }
std::string Server::address() const { return daemon_->address; }

}  // namespace usher::httpd
