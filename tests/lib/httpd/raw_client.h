// Speaks to a server in bytes, so that a test sees exactly what is answered.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace usher::httpd {

// A blocking connection to 127.0.0.1.
class RawConnection {
 public:
  RawConnection() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {}
  explicit RawConnection(uint16_t port) : RawConnection() { Connect(port); }
  ~RawConnection() { close(fd_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // The local port.
  uint16_t BindToAnyPort() {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }
  void Connect(uint16_t port) {
    const sockaddr_in address = Loopback(port);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)) == 0;
  }
  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void FinishSending() { shutdown(fd_, SHUT_WR); }
  // So many bytes, fewer if the server closes.
  std::string Read(size_t size) {
    std::string out(size, '\0');
    const ssize_t got = recv(fd_, out.data(), size, MSG_WAITALL);
    out.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return out;
  }
  // Everything until the server closes.
  std::string ReadAll() {
    std::string out;
    char buffer[4096];
    while (true) {
      const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
      if (got <= 0) return out;
      out.append(buffer, static_cast<size_t>(got));
    }
  }

 private:
  static sockaddr_in Loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  int fd_;
  bool connected_ = false;
};

// One request on a connection of its own; `head` without its last empty line.
inline std::string Ask(uint16_t port, std::string_view head,
                       std::string_view body = "") {
  RawConnection connection(port);
  connection.Send(std::string(head) + "\r\nHost: test\r\nConnection: close" +
                  "\r\n\r\n" + std::string(body));
  return connection.ReadAll();
}

}  // namespace usher::httpd
