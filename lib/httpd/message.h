// HTTP requests and responses as handlers see them, and the two forms of a
// handler.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace usher::httpd {

struct Request {
  std::string method;  // as sent: "GET"
  std::string path;    // percent-decoded, without the query
  // Decoded, in order; a parameter without a value has "".
  std::vector<std::pair<std::string, std::string>> query;
  // Names in lower case, in order.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer;  // "127.0.0.1:51234", "[::1]:51234"

  // The first of that name; header names in lower case.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Every response also has X-Content-Type-Options: nosniff and, unless `headers`
// has its own, Cache-Control: no-store.
struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Sends the response. Thread-safe; may be called inline or later, even after
// the server is gone. Destroyed without a call, it sends 500.
using Respond = absl::AnyInvocable<void(Response)>;

// Handles a request on the server's only thread, so it must not block: it may
// return at once and call `respond` later from any thread.
using AsyncHandler = std::function<void(Request, Respond)>;

// For responses that need no wait.
using Handler = std::function<Response(const Request&)>;
AsyncHandler MakeAsync(Handler handler);

}  // namespace usher::httpd
