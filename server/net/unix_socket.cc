#include "server/net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

constexpr mode_t kMode = 0660;

// A temporary socket.
class Probe {
 public:
  explicit Probe(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sun_family = AF_UNIX;
    // The configuration has checked the length.
    path.copy(address_.sun_path, sizeof address_.sun_path - 1);
  }
  ~Probe() { close(fd_); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  bool Connects() const {
    return connect(fd_, address(), sizeof address_) == 0;
  }
  int BindError() const {
    return bind(fd_, address(), sizeof address_) == 0 ? 0 : errno;
  }

 private:
  const sockaddr* address() const {
    return reinterpret_cast<const sockaddr*>(&address_);
  }

  const int fd_;
  sockaddr_un address_{};
};

}  // namespace

int UnixBindError(const std::string& path) {
  struct stat about {};
  if (lstat(path.c_str(), &about) == 0) {
    if (!S_ISSOCK(about.st_mode)) return EEXIST;
    return Probe(path).Connects() ? EADDRINUSE : 0;
  }
  const int error = Probe(path).BindError();
  if (error == 0) unlink(path.c_str());
  return error;
}

absl::Status AllowGroup(const std::string& path) {
  if (chmod(path.c_str(), kMode) == 0) return absl::OkStatus();
  return absl::UnavailableError(base::Absl(base::StrCat(
      "cannot set the permissions of ", path, ": ", std::strerror(errno))));
}

}  // namespace usher::server
