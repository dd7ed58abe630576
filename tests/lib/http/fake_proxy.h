// An HTTP proxy on loopback that opens one tunnel (CONNECT, RFC 9110 section
// 9.3.6), always to the same port, for any requested name.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>

#include "lib/base/mutex.h"

namespace usher::http {

class FakeProxy {
 public:
  explicit FakeProxy(uint16_t target) : target_(target) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(0);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(listener_, 1);
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~FakeProxy() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  FakeProxy(const FakeProxy&) = delete;
  FakeProxy& operator=(const FakeProxy&) = delete;

  uint16_t port() const { return port_; }
  // "CONNECT host:port HTTP/1.1".
  std::string asked() const {
    const base::MutexLock lock(mutex_);
    return asked_;
  }

 private:
  static sockaddr_in Loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  void Serve() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char head[4096];
    const ssize_t got = recv(client, head, sizeof(head), 0);
    const std::string text(head, got > 0 ? static_cast<size_t>(got) : 0);
    {
      const base::MutexLock lock(mutex_);
      asked_ = text.substr(0, text.find('\r'));
    }
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = Loopback(target_);
    connect(server, reinterpret_cast<const sockaddr*>(&address),
            sizeof(address));
    constexpr char kOk[] = "HTTP/1.1 200 fine\r\nX-Proxy: yes\r\n\r\n";
    send(client, kOk, sizeof(kOk) - 1, MSG_NOSIGNAL);
    pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    while (poll(ends, 2, -1) > 0) {
      if (ends[0].revents != 0 && !Carry(client, server)) break;
      if (ends[1].revents != 0 && !Carry(server, client)) break;
    }
    close(server);
    close(client);
  }

  static bool Carry(int from, int to) {
    char buffer[4096];
    const ssize_t got = recv(from, buffer, sizeof(buffer), 0);
    return got > 0 &&
           send(to, buffer, static_cast<size_t>(got), MSG_NOSIGNAL) == got;
  }

  const uint16_t target_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable base::Mutex mutex_;
  std::string asked_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace usher::http
