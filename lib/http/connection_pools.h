// Which connections a transfer may reuse: those made under equal FetchOptions.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <map>
#include <string>

#include "lib/http/client.h"

namespace usher::http {

// Open connections, TLS sessions and pinned addresses, separated by
// FetchOptions: a connection that was verified under one issuer's CA, or to an
// address that only this issuer may use, never serves another issuer. The same
// holds for one that was made under a client certificate. Not thread-safe: used
// by the loop only.
class ConnectionPools {
 public:
  ConnectionPools() = default;
  ~ConnectionPools();
  ConnectionPools(const ConnectionPools&) = delete;
  ConnectionPools& operator=(const ConnectionPools&) = delete;

  // The pool of these, in use until Release(). Null when out of memory.
  CURLSH* Acquire(const FetchOptions& options, const Credentials& credentials);
  void Release(CURLSH* pool);

 private:
  struct Pool {
    CURLSH* share = nullptr;
    size_t users = 0;
    uint64_t last_used = 0;
  };
  void DropOneIdle();

  std::map<std::string, Pool> pools_;  // by FetchOptions and certificate
  std::map<CURLSH*, std::string> names_;
  uint64_t uses_ = 0;
};

}  // namespace usher::http
