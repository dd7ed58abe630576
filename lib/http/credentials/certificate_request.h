// What OpenSSL knows of a transfer's TLS handshake, and libcurl does not tell.
//
// A server that wants a client certificate and gets none often just closes the
// connection, so libcurl reports a broken pipe. And libcurl 7.88 counts the
// handshake as a part of connecting.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>

namespace usher::http {

struct Handshake {
  // When it began: there was a connection then. Absent: it has not, or an
  // earlier transfer's connection was used.
  std::optional<std::chrono::steady_clock::time_point> began;
  // The server has asked for a client certificate.
  bool certificate_requested = false;
};

// Shared by a transfer and the connection that it makes, which may outlive it.
using SharedHandshake = std::shared_ptr<Handshake>;

// From now on `*handshake` tells about the connections that `easy` makes.
// `handshake` must outlive `easy`.
void WatchHandshake(CURL* easy, SharedHandshake& handshake);

}  // namespace usher::http
