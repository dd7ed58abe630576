#include "lib/base/net/bind_probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "lib/base/net/host_port.h"

namespace usher::base {

int BindError(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0) {
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list,
                                                                 &freeaddrinfo);
  const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error =
      bind(fd, list->ai_addr, list->ai_addrlen) == 0 && listen(fd, 1) == 0
          ? 0
          : errno;
  close(fd);
  return error;
}

std::string WhyNotBound(std::string_view address) {
  if (UnixPathOf(address)) {
    return "the directory of the socket must exist, this process must be "
           "permitted to write there, and no other server may use the socket";
  }
  int error = 0;
  if (const auto parts = SplitHostPort(address)) {
    if (IsImpossiblePort(parts->port)) return "a port is at most 65535";
    const auto ip = AddressOfHost(parts->host);
    error = BindError(ip ? ip->Text() : std::string(parts->host),
                      std::string(parts->port));
  }
  return error != 0 ? std::strerror(error)
                    : "the system or gRPC refuses it; gRPC's log says why";
}

}  // namespace usher::base
