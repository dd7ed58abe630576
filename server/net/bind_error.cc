#include "server/net/bind_error.h"

#include <cerrno>
#include <cstring>

#include "lib/base/net/bind_probe.h"
#include "lib/base/net/host_port.h"
#include "lib/base/text/strings.h"
#include "server/net/unix_socket.h"

namespace usher::server {
namespace {

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
    error = base::BindError(ip ? ip->Text() : std::string(parts->host),
                            std::string(parts->port));
  }
  return base::StrCat(
      "cannot listen on ", address, ": ",
      error ? std::strerror(error) : "refused by the system", ". ",
      path ? UnixAdviceFor(error, setting) : AdviceFor(error, setting));
}

}  // namespace usher::server
