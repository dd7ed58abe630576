#include "server/net/sd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace usher::server {

void NotifyServiceManager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un to = {.sun_family = AF_UNIX};
  if (!path || !*path || std::strlen(path) > sizeof(to.sun_path)) return;
  const size_t size = std::strlen(path);
  std::memcpy(to.sun_path, path, size);
  if (*path == '@') to.sun_path[0] = '\0';  // an abstract address
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size);
  ::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&to), length);
  ::close(socket);
}

}  // namespace usher::server
