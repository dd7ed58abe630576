// Addresses of this machine that do not answer, or do.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace usher::testing {

// A listener with a full queue: the kernel drops further connection attempts,
// as a dead node does. With `accepts` the queue has room: connections are
// accepted and get no answer.
class SilentAddress {
 public:
  SilentAddress(const std::string& text, uint16_t port, bool accepts) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, text.c_str(), &address.sin_addr);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    const int listener = Keep(socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(bind(listener, raw, sizeof(address)), 0);
    socklen_t size = sizeof(address);
    getsockname(listener, raw, &size);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(listen(listener, accepts ? 64 : 0), 0);
    if (accepts) return;
    for (int i = 0; i < 8; ++i) {
      connect(Keep(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), raw,
              sizeof(address));
    }
  }
  ~SilentAddress() {
    for (const int fd : fds_) close(fd);
  }
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;

  uint16_t port() const { return port_; }

 private:
  int Keep(int fd) {
    fds_.push_back(fd);
    return fd;
  }
  uint16_t port_ = 0;
  std::vector<int> fds_;
};

class DeadAddress : public SilentAddress {
 public:
  explicit DeadAddress(const std::string& text, uint16_t port = 0)
      : SilentAddress(text, port, /*accepts=*/false) {}
};

// 127.0.0.1 at a free port.
class OpenPort : public SilentAddress {
 public:
  OpenPort() : SilentAddress("127.0.0.1", 0, /*accepts=*/true) {}
};

}  // namespace usher::testing
