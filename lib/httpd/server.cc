#include "lib/httpd/server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "lib/httpd/connection_table.h"
#include "lib/httpd/listen_socket.h"
#include "lib/httpd/microhttpd_messages.h"
#include "lib/httpd/pending_response.h"

namespace usher::httpd {
namespace {

using base::Absl;
using base::StrCat;
// How often connections whose time is over are looked for.
constexpr auto kSweep = std::chrono::milliseconds(250);
// Connections that are being closed still count for libmicrohttpd.
constexpr unsigned kClosing = 4;  // and an eighth
constexpr char kPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// One request from its first line to its response. MHD carries the pointer.
struct Exchange {
  const uint64_t connection;
  Request request;
  const std::shared_ptr<PendingResponse> response;
  bool handled = false;
};

std::string AddressWithoutPort(const sockaddr* address) {
  std::string text = FormatAddress(address);
  return text.substr(0, text.rfind(':'));
}

// The id that OnConnection() gave it.
uint64_t ContextOf(MHD_Connection* connection) {
  const auto* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? 0
                         : reinterpret_cast<uintptr_t>(info->socket_context);
}

// The open connections, and the thread that closes those that must end. It only
// shuts them down: libmicrohttpd then closes them.
class Connections {
 public:
  explicit Connections(ConnectionTable::Limits limits)
      : table_(limits), sweeper_([this] { Sweep(); }) {}
  ~Connections() {
    {
      const base::MutexLock lock(mutex_);
      stopping_ = true;
    }
    stopped_.SignalAll();
    sweeper_.join();
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  uint64_t Add(int fd, std::string address) {
    const base::MutexLock lock(mutex_);
    const uint64_t id = ++last_id_;
    descriptors_[id] = fd;
    ShutDown(table_.Add(id, std::move(address), absl::Now()));
    return id;
  }
  void OnRequest(uint64_t id) {
    const base::MutexLock lock(mutex_);
    table_.OnRequest(id);
  }
  void OnResponse(uint64_t id) {
    const base::MutexLock lock(mutex_);
    table_.OnResponse(id, absl::Now());
  }
  void OnEnd(uint64_t id) {
    const base::MutexLock lock(mutex_);
    table_.OnEnd(id, absl::Now());
  }
  // libmicrohttpd then accepts none until a connection ends.
  void OnLackOfDescriptors() {
    const base::MutexLock lock(mutex_);
    if (const auto slowest = table_.TakeSlowest(absl::Now())) {
      ShutDown({*slowest});
    }
  }
  // Before its descriptor is closed, and so is free for others.
  void Remove(uint64_t id) {
    const base::MutexLock lock(mutex_);
    table_.Remove(id);
    descriptors_.erase(id);
  }

 private:
  void ShutDown(const std::vector<ConnectionTable::Id>& ids)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const uint64_t id : ids) {
      const auto found = descriptors_.find(id);
      if (found != descriptors_.end()) shutdown(found->second, SHUT_RDWR);
    }
  }
  void Sweep() {
    base::MutexLock lock(mutex_);
    while (!stopping_) {
      ShutDown(table_.TakeExpired(absl::Now()));
      const auto next = std::chrono::steady_clock::now() + kSweep;
      while (!stopping_ && stopped_.WaitUntil(mutex_, next)) {
      }
    }
  }

  base::Mutex mutex_;
  base::CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  ConnectionTable table_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, int> descriptors_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread sweeper_;  // last: uses all of the above
};

}  // namespace

// The daemon of libmicrohttpd (MHD) and its callbacks.
class Server::Daemon {
 public:
  Daemon(Options options, AsyncHandler handler, const ListenSocket& socket)
      : port(socket.port()),
        address(socket.address()),
        options_(std::move(options)),
        handler_(std::move(handler)),
        connections_({.connections = options_.max_connections,
                      .request = options_.request_time,
                      .response = options_.response_time}) {}
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
  MHD_Result Answer(MHD_Connection* connection, const Exchange& exchange,
                    const Response& response);
  static void OnConnection(void* self, MHD_Connection* connection,
                           void** context, MHD_ConnectionNotificationCode what);
  static void OnCompleted(void* self, MHD_Connection*, void** carried,
                          MHD_RequestTerminationCode);
  static void OnLog(void* self, const char* format, va_list arguments);

  const Options options_;
  const AsyncHandler handler_;
  Connections connections_;
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
      &OnCompleted, this, MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this,
      MHD_OPTION_CONNECTION_LIMIT,
      options_.max_connections + options_.max_connections / 8 + kClosing,
      MHD_OPTION_CONNECTION_TIMEOUT,
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
        new Exchange{ContextOf(connection), RequestOf(connection, path, method),
                     std::make_shared<PendingResponse>(suspended_, connection)};
    *carried = exchange;
    if (!IsAnnouncedTooLarge(exchange->request)) return MHD_YES;
    return Answer(connection, *exchange,
                  {.status = 413, .body = "too large\n"});
  }
  if (*size > 0) {
    std::string& body = exchange->request.body;
    // A body without announced length became too large: close the connection.
    if (*size > options_.max_body - body.size()) return MHD_NO;
    body.append(data, std::exchange(*size, 0));
    return MHD_YES;
  }
  if (!std::exchange(exchange->handled, true)) {
    connections_.OnRequest(exchange->connection);
    Handle(*exchange);
  }
  const auto response = exchange->response->TakeOrSuspend();
  return response ? Answer(connection, *exchange, *response) : MHD_YES;
}

MHD_Result Server::Daemon::Answer(MHD_Connection* connection,
                                  const Exchange& exchange,
                                  const Response& response) {
  connections_.OnResponse(exchange.connection);
  return Send(connection, response);
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

void Server::Daemon::OnConnection(void* self, MHD_Connection* connection,
                                  void** context,
                                  MHD_ConnectionNotificationCode what) {
  Connections& connections = static_cast<Daemon*>(self)->connections_;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
    return connections.Remove(reinterpret_cast<uintptr_t>(*context));
  }
  const auto* fd =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const auto* peer =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (fd == nullptr || peer == nullptr) return;
  *context = reinterpret_cast<void*>(static_cast<uintptr_t>(
      connections.Add(fd->connect_fd, AddressWithoutPort(peer->client_addr))));
}

void Server::Daemon::OnCompleted(void* self, MHD_Connection*, void** carried,
                                 MHD_RequestTerminationCode) {
  const std::unique_ptr<Exchange> exchange(
      static_cast<Exchange*>(std::exchange(*carried, nullptr)));
  if (exchange == nullptr) return;
  static_cast<Daemon*>(self)->connections_.OnEnd(exchange->connection);
}

// Two messages matter: why the daemon did not start, and that accept() failed
// for lack of descriptors ("Hit process or system resource limit ..."), of
// which there is no other notice. The others are about errors of clients.
void Server::Daemon::OnLog(void* self, const char* format, va_list arguments) {
  auto& daemon = *static_cast<Daemon*>(self);
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  if (std::string_view(text).find("resource limit") != std::string_view::npos) {
    daemon.connections_.OnLackOfDescriptors();
  }
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
