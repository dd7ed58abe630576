#include "lib/httpd/server.h"

#include <microhttpd.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "lib/base/clock.h"
#include "lib/base/scheduler.h"
#include "lib/base/strings.h"
#include "lib/httpd/listen_socket.h"
#include "lib/httpd/message.h"

namespace usher::httpd {
namespace {

using base::Absl;
using base::StrCat;
constexpr char kPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// One request from its first line to its answer; MHD carries the pointer.
struct Pending {
  Request request;
  std::optional<Response> response;
};

std::optional<std::string_view> Find(
    const std::vector<std::pair<std::string, std::string>>& pairs,
    std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Request::Query(std::string_view name) const {
  return Find(query, name);
}

std::optional<std::string_view> Request::Header(std::string_view name) const {
  return Find(headers, name);
}

// Everything libmicrohttpd is told and tells.
class Server::Daemon {
 public:
  Daemon(Options options, Handler handler, const Listener& listener)
      : port(listener.port()),
        address(listener.address()),
        options_(std::move(options)),
        handler_(std::move(handler)) {}
  ~Daemon();

  absl::Status Start(Listener listener);

  const uint16_t port;
  const std::string address;

 private:
  MHD_Result OnRequest(MHD_Connection* connection, const char* path,
                       const char* method, const char* data, size_t* size,
                       void** carried);
  bool IsAnnouncedTooLarge(const Request& request) const;
  Response Answer(const Request& request) const;
  bool Delay(MHD_Connection* connection, absl::Duration delay);
  void Resume(MHD_Connection* connection);
  static void OnCompleted(void*, MHD_Connection*, void** carried,
                          MHD_RequestTerminationCode);
  static void OnLog(void* self, const char* format, va_list arguments);

  const Options options_;
  const Handler handler_;
  const base::SystemClock clock_;
  MHD_Daemon* mhd_ = nullptr;
  std::mutex mutex_;  // guards what follows
  std::string last_log_;
  bool stopping_ = false;
  std::set<MHD_Connection*> suspended_;
  std::unique_ptr<base::ThreadScheduler> scheduler_;  // once a delay needs it
};

absl::Status Server::Daemon::Start(Listener listener) {
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                   MHD_USE_ERROR_LOG;
  // MHD copies neither PEM text until the daemon stands; both live here.
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
  const int socket = listener.Release();
  mhd_ = MHD_start_daemon(
      flags, 0, nullptr, nullptr,
      [](void* self, MHD_Connection* connection, const char* path,
         const char* method, const char*, const char* data, size_t* size,
         void** carried) {
        return static_cast<Daemon*>(self)->OnRequest(connection, path, method,
                                                     data, size, carried);
      },
      this, MHD_OPTION_EXTERNAL_LOGGER, &OnLog, this,  // must come first
      MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED,
      &OnCompleted, nullptr, MHD_OPTION_CONNECTION_LIMIT,
      options_.max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(absl::ToInt64Seconds(options_.timeout)),
      MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
  Wipe(key);
  if (mhd_ != nullptr) return absl::OkStatus();
  std::lock_guard lock(mutex_);
  return absl::InvalidArgumentError(
      Absl(StrCat("cannot serve on ", address, ": ", last_log_)));
}

Server::Daemon::~Daemon() {
  std::unique_ptr<base::ThreadScheduler> scheduler;
  {
    // MHD must not be stopped while a connection is suspended.
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (MHD_Connection* connection : suspended_) {
      MHD_resume_connection(connection);
    }
    suspended_.clear();
    scheduler = std::move(scheduler_);
  }
  scheduler.reset();
  if (mhd_ != nullptr) MHD_stop_daemon(mhd_);
}

// MHD calls this for the head of a request, for each piece of its body, at its
// end (size 0), and again when a suspended connection resumes.
MHD_Result Server::Daemon::OnRequest(MHD_Connection* connection,
                                     const char* path, const char* method,
                                     const char* data, size_t* size,
                                     void** carried) {
  auto* pending = static_cast<Pending*>(*carried);
  if (pending == nullptr) {
    pending = new Pending{RequestOf(connection, path, method), {}};
    *carried = pending;
    if (!IsAnnouncedTooLarge(pending->request)) return MHD_YES;
    return Send(connection, {.status = 413, .body = "too large\n"});
  }
  if (*size > 0) {
    std::string& body = pending->request.body;
    // A body that grows past what nobody announced: the connection ends.
    if (*size > options_.max_body - body.size()) return MHD_NO;
    body.append(data, std::exchange(*size, 0));
    return MHD_YES;
  }
  if (!pending->response) {
    pending->response = Answer(pending->request);
    const absl::Duration delay = pending->response->delay;
    if (delay > absl::ZeroDuration() && Delay(connection, delay)) {
      return MHD_YES;
    }
  }
  return Send(connection, *pending->response);
}

bool Server::Daemon::IsAnnouncedTooLarge(const Request& request) const {
  const auto length = request.Header("content-length");
  uint64_t bytes = 0;
  return length && absl::SimpleAtoi(Absl(*length), &bytes) &&
         bytes > options_.max_body;
}

// No exception may pass through the C library below.
Response Server::Daemon::Answer(const Request& request) const try {
  return handler_(request);
} catch (...) {
  return {.status = 500, .body = "internal error\n"};
}

bool Server::Daemon::Delay(MHD_Connection* connection, absl::Duration delay) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (scheduler_ == nullptr) {
    scheduler_ = std::make_unique<base::ThreadScheduler>(clock_);
  }
  MHD_suspend_connection(connection);
  suspended_.insert(connection);
  scheduler_->At(clock_.Now() + delay,
                 [this, connection] { Resume(connection); });
  return true;
}

void Server::Daemon::Resume(MHD_Connection* connection) {
  std::lock_guard lock(mutex_);
  if (suspended_.erase(connection) > 0) MHD_resume_connection(connection);
}

void Server::Daemon::OnCompleted(void*, MHD_Connection*, void** carried,
                                 MHD_RequestTerminationCode) {
  delete static_cast<Pending*>(std::exchange(*carried, nullptr));
}

// Kept for the one message that matters: why the daemon did not start. What
// clients do wrong later is no news.
void Server::Daemon::OnLog(void* self, const char* format, va_list arguments) {
  auto& daemon = *static_cast<Daemon*>(self);
  char text[256];
  std::vsnprintf(text, sizeof(text), format, arguments);
  std::lock_guard lock(daemon.mutex_);
  daemon.last_log_ = base::Std(absl::StripAsciiWhitespace(text));
}

Server::Server(std::unique_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Options options,
                                                      Handler handler) {
  auto listener = Listener::Open(options.listen);
  if (!listener.ok()) return listener.status();
  auto daemon = std::make_unique<Daemon>(std::move(options), std::move(handler),
                                         *listener);
  if (absl::Status started = daemon->Start(*std::move(listener));
      !started.ok()) {
    return started;
  }
  return std::unique_ptr<Server>(new Server(std::move(daemon)));
}

uint16_t Server::port() const { return daemon_->port; }
std::string Server::address() const { return daemon_->address; }

}  // namespace usher::httpd
