// The listening sockets of one address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace usher::server {

// Owns the sockets, and the file of a Unix socket. Not thread-safe.
class ListeningSockets {
 public:
  // Listens on "IP:PORT", "localhost:PORT" or "unix:PATH"; a wildcard address
  // means both families, as in gRPC. The sockets do not block. `setting` is the
  // key of the address: "admin.listen". The error says how to repair it.
  static absl::StatusOr<ListeningSockets> Open(const std::string& address,
                                               std::string_view setting);
  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets();  // closes

  const std::vector<int>& descriptors() const { return descriptors_; }
  // What to connect to, with the port that the system chose.
  const std::string& address() const { return address_; }

  // The system refuses new connections from now on. Can be called again.
  void Close();

 private:
  ListeningSockets() = default;
  absl::Status OpenAll(const std::string& address, std::string_view setting);
  bool OpenSocket(const std::string& host, uint16_t port);
  bool OpenUnixSocket(const std::string& path);

  std::vector<int> descriptors_;
  std::string address_;
  std::string unix_path_;
  uint64_t unix_inode_ = 0;
};

}  // namespace usher::server
