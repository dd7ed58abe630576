#include "server/net/bind_error.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "lib/base/net/host_port.h"
#include "lib/base/strings.h"
#include "server/net/unix_socket.h"

namespace usher::server {
namespace {

// The errno of binding to host:port; 0 if it now succeeds.
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

std::string UnixAdviceFor(int error, std::string_view setting) {
  if (error == EADDRINUSE) {
    return base::StrCat("Stop the process that uses it (see ss -lxp), or set ",
                        setting, " to another path.");
  }
  if (error == EEXIST)
    return "The file is not a socket, so it is not replaced.";
  return "Its directory must exist, and usherd must have write permission "
         "there.";
}

std::string AdviceFor(int error, std::string_view setting) {
  if (error == EADDRINUSE) {
    return base::StrCat("Stop the process that uses it (see ss -ltnp), or set ",
                        setting, " to another port.");
  }
  if (error == EACCES) {
    return base::StrCat("Ports below 1024 need a privilege. Set ", setting,
                        " to a higher port.");
  }
  return base::StrCat("Set ", setting, " to an address of this machine.");
}

}  // namespace

std::string ExplainBindError(const std::string& address,
                             std::string_view setting) {
  const auto path = base::UnixPathOf(address);
  int error = 0;
  if (path) {
    error = UnixBindError(std::string(*path));
  } else if (const auto parts = base::SplitHostPort(address)) {
    const auto ip = base::AddressOfHost(parts->host);
    error = BindError(ip ? ip->Text() : std::string(parts->host),
                      std::string(parts->port));
  }
  return base::StrCat(
      "cannot listen on ", address, ": ",
      error ? std::strerror(error) : "refused by the system", ". ",
      path ? UnixAdviceFor(error, setting) : AdviceFor(error, setting));
}

}  // namespace usher::server
