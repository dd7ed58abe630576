// A name server on loopback (RFC 1035) with scripted answers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/net/ip_address.h"

namespace usher::http {

class FakeNameServer {
 public:
  struct Name {
    std::string name;
    std::vector<std::string> addresses = {};
    bool silent = false;  // no answer at all
  };
  // Names that are not listed do not exist.
  FakeNameServer(std::initializer_list<Name> names) : names_(names) {
    fd_ = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~FakeNameServer() {
    stopping_ = true;
    SendToSelf();
    thread_.join();
    close(fd_);
  }
  FakeNameServer(const FakeNameServer&) = delete;
  FakeNameServer& operator=(const FakeNameServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Queries so far; a name costs two (A and AAAA).
  int questions() const { return questions_; }

 private:
  void SendToSelf() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    sendto(fd_, "", 1, 0, reinterpret_cast<sockaddr*>(&address),
           sizeof(address));
  }

  void Run() {
    char query[512];
    sockaddr_in from{};
    while (true) {
      socklen_t size = sizeof(from);
      const ssize_t got = recvfrom(fd_, query, sizeof(query), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
      if (stopping_) return;
      if (got < 17) continue;
      ++questions_;
      const std::string reply = ReplyTo(std::string(query, got));
      if (reply.empty()) continue;
      sendto(fd_, reply.data(), reply.size(), 0,
             reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  std::string ReplyTo(const std::string& query) const {
    std::string name;
    size_t at = 12;  // behind the header
    while (query[at] != 0) {
      const auto length = static_cast<size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    const bool wants_v6 = query[at + 2] == 28;
    const auto found = std::ranges::find(names_, name, &Name::name);
    const bool known = found != names_.end();
    if (known && found->silent) return "";
    std::string answers;
    char count = 0;
    for (const std::string& text :
         known ? found->addresses : std::vector<std::string>()) {
      const base::IpAddress address = *base::IpAddress::Parse(text);
      if (address.is_v6() != wants_v6) continue;
      ++count;
      answers += std::string("\xc0\x0c\0", 3);  // the name of the question
      answers += address.is_v6() ? '\x1c' : '\x01';
      answers += std::string("\0\1\0\0\0\x3c\0", 7);  // IN, 60 s
      answers += static_cast<char>(address.bytes().size());
      answers.append(address.bytes().begin(), address.bytes().end());
    }
    std::string reply = query.substr(0, 2);
    reply += '\x81';                   // answer, recursion
    reply += known ? '\x80' : '\x83';  // no such name, or fine
    reply += std::string("\0\1\0", 3) + count + std::string("\0\0\0\0", 4);
    return reply + query.substr(12, at + 5 - 12) + answers;
  }

  const std::vector<Name> names_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> questions_ = 0;
  std::thread thread_;
};

}  // namespace usher::http
