// Which connections an exchange may reuse: those of its own Trust.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <map>
#include <string>

#include "lib/http/client.h"

namespace usher::http {

// Open connections, TLS sessions and pinned addresses, kept apart by Trust: a
// connection that was verified under one issuer's CA, or to an address only
// that issuer may use, never serves another. Not thread-safe: the loop's own.
class ConnectionPools {
 public:
  ConnectionPools() = default;
  ~ConnectionPools();
  ConnectionPools(const ConnectionPools&) = delete;
  ConnectionPools& operator=(const ConnectionPools&) = delete;

  // The pool of `trust`, in use until Release(). Null when memory is short.
  CURLSH* Acquire(const FetchOptions& trust);
  void Release(CURLSH* pool);

 private:
  struct Pool {
    CURLSH* share = nullptr;
    size_t users = 0;
    uint64_t last_used = 0;
  };
  void DropOneIdle();

  std::map<std::string, Pool> pools_;  // by everything the Trust says
  std::map<CURLSH*, std::string> names_;
  uint64_t uses_ = 0;
};

}  // namespace usher::http
