#include "server/net/self_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/net/listen_address.h"
#include "lib/base/text/strings.h"
#include "server/net/acceptor.h"

namespace usher::server {
namespace {

using base::LogLevel;

class Socket {
 public:
  explicit Socket(int family)
      : fd_(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

absl::Status Missed(std::string_view what) {
  return absl::UnavailableError(base::Absl(what));
}
absl::Status Unknown(std::string_view what) {
  return absl::InternalError(
      base::Absl(base::StrCat(what, ": ", std::strerror(errno))));
}

Endpoint UnixEndpoint(const std::string& path) {
  Endpoint out;
  auto& address = reinterpret_cast<sockaddr_un&>(out.storage);
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  out.size = sizeof address;
  return out;
}

// Wildcard addresses are reached on loopback.
Endpoint EndpointOf(const base::ListenAddress& listen) {
  if (listen.unix_path) return UnixEndpoint(*listen.unix_path);
  Endpoint out;
  std::string host = listen.host;
  if (host == "localhost" || host == "0.0.0.0") host = "127.0.0.1";
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host == "::") host = "::1";
  auto& v4 = reinterpret_cast<sockaddr_in&>(out.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(listen.port);
    out.size = sizeof v4;
    return out;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out.storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(listen.port);
  inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
  out.size = sizeof v6;
  return out;
}

// Gives the socket a local address, so that the acceptor knows which connection
// to expect.
void AnnounceTo(Acceptor& acceptor, int fd, const Endpoint& endpoint) {
  Endpoint local;
  local.size = endpoint.size;
  local.storage.ss_family = endpoint.storage.ss_family;
  auto& v4 = reinterpret_cast<sockaddr_in&>(local.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(local.storage);
  const bool is_v6 = endpoint.storage.ss_family == AF_INET6;
  if (is_v6) {
    v6.sin6_addr =
        reinterpret_cast<const sockaddr_in6&>(endpoint.storage).sin6_addr;
  } else {
    v4.sin_addr =
        reinterpret_cast<const sockaddr_in&>(endpoint.storage).sin_addr;
  }
  if (bind(fd, local.get(), local.size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&local.storage),
                  &local.size) != 0) {
    return;
  }
  char host[INET6_ADDRSTRLEN] = "";
  if (is_v6) {
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
    acceptor.Expect(base::StrCat("[", host, "]:", ntohs(v6.sin6_port)));
  } else {
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    acceptor.Expect(base::StrCat(host, ":", ntohs(v4.sin_port)));
  }
}

// The first bytes of a TLS 1.2 or 1.3 client that speaks HTTP/2.
std::string ClientHello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) return "";
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()),
                                                      &SSL_free);
  if (!ssl) return "";
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);  // owns both
  constexpr unsigned char kAlpn[] = {2, 'h', '2'};
  SSL_set_alpn_protos(ssl.get(), kAlpn, sizeof kAlpn);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : "";
}

std::string Greeting(ProbeProtocol protocol) {
  switch (protocol) {
    case ProbeProtocol::kTls:
      return ClientHello();
    case ProbeProtocol::kHttp2:
      return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
             std::string("\0\0\0\4\0\0\0\0\0", 9);
    case ProbeProtocol::kHttp1:
      break;
  }
  return "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
}

// How many bytes tell, and whether they are what the listener should say.
constexpr size_t kTelling = 5;
bool IsAnswer(ProbeProtocol protocol, std::string_view bytes) {
  switch (protocol) {
    case ProbeProtocol::kTls:
      return bytes[0] == 0x16 || bytes[0] == 0x15;  // handshake, alert
    case ProbeProtocol::kHttp2:
      return bytes[3] == 4;  // SETTINGS
    case ProbeProtocol::kHttp1:
      break;
  }
  return bytes == "HTTP/";
}

// False at the deadline. Looks once more then: the process may have been
// stopped for a while.
bool Await(int fd, short events, absl::Time deadline) {
  while (true) {
    const absl::Duration left = deadline - absl::Now();
    pollfd wait = {fd, events, 0};
    const int64_t milliseconds =
        std::max<int64_t>(0, absl::ToInt64Milliseconds(left));
    const int ready = poll(&wait, 1, static_cast<int>(milliseconds));
    if (ready > 0) return true;
    if (ready == 0 && milliseconds == 0) return false;
  }
}

}  // namespace

absl::Status ProbeListener(const std::string& address, ProbeProtocol protocol,
                           absl::Duration timeout, Acceptor* acceptor) {
  const absl::Time deadline = absl::Now() + timeout;
  const auto listen = base::ListenAddress::Parse(address);
  if (!listen) return absl::InternalError("the address cannot be read");
  const Endpoint endpoint = EndpointOf(*listen);
  const Socket socket(endpoint.storage.ss_family);
  if (socket.get() < 0) return Unknown("cannot open a socket");
  if (acceptor != nullptr && !listen->unix_path) {
    AnnounceTo(*acceptor, socket.get(), endpoint);
  }
  if (connect(socket.get(), endpoint.get(), endpoint.size) != 0 &&
      errno != EINPROGRESS) {
    // EAGAIN: the backlog of a Unix socket is full, which no connection leaves.
    return Missed(base::StrCat("cannot connect: ", std::strerror(errno)));
  }
  if (!Await(socket.get(), POLLOUT, deadline)) {
    return Missed("does not accept connections");
  }
  int error = 0;
  socklen_t error_size = sizeof error;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size) ==
          0 &&
      error != 0) {
    return Missed(base::StrCat("cannot connect: ", std::strerror(error)));
  }
  const std::string greeting = Greeting(protocol);
  // A new connection takes these few bytes at once.
  send(socket.get(), greeting.data(), greeting.size(), MSG_NOSIGNAL);
  std::string answer;
  while (answer.size() < kTelling) {
    if (!Await(socket.get(), POLLIN, deadline)) {
      return Missed("accepts connections and does not answer");
    }
    char bytes[kTelling];
    const ssize_t got = recv(socket.get(), bytes, kTelling - answer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return Missed("closes connections without an answer");
    answer.append(bytes, static_cast<size_t>(got));
  }
  if (!IsAnswer(protocol, answer)) {
    return Missed("something else answers at its address");
  }
  return absl::OkStatus();
}

SelfProbe::SelfProbe(std::vector<Target> targets, absl::Duration timeout,
                     base::Log& log,
                     std::function<void(const std::string&)> on_deaf)
    : targets_(std::move(targets)),
      timeout_(timeout),
      log_(log),
      on_deaf_(std::move(on_deaf)),
      misses_in_a_row_(targets_.size(), 0) {}

void SelfProbe::RunOnce() {
  for (size_t i = 0; i < targets_.size(); ++i) {
    const Target& target = targets_[i];
    const absl::Status answer = ProbeListener(target.address, target.protocol,
                                              timeout_, target.acceptor);
    // Without a descriptor of its own it knows nothing.
    if (absl::IsInternal(answer)) continue;
    if (answer.ok()) {
      misses_in_a_row_[i] = 0;
      continue;
    }
    const int misses = ++misses_in_a_row_[i];
    target.stats.probe_misses.fetch_add(1, std::memory_order_relaxed);
    const bool deaf = misses >= kMostMisses;
    const LogLevel level = deaf ? LogLevel::kError : LogLevel::kWarning;
    log_.Write(level, deaf ? "listener_deaf" : "listener_silent",
               [&](base::JsonObject& line) {
                 line.Add("listener", target.stats.name)
                     .Add("address", target.address)
                     .Add("error", base::Std(answer.message()))
                     .Add("misses", misses);
               });
    if (!deaf) continue;
    on_deaf_(base::StrCat("the listener ", target.stats.name, " (",
                          target.address, ") ", base::Std(answer.message()),
                          ": ", misses, " probes in a row failed"));
  }
}

}  // namespace usher::server
