// Responses that are not there yet when a handler returns. For server.cc only.
#pragma once

#include <microhttpd.h>

#include <memory>
#include <optional>
#include <set>

#include "absl/base/thread_annotations.h"
#include "lib/base/mutex.h"
#include "lib/httpd/message.h"

namespace usher::httpd {

class PendingResponse;

// The connections of one server that are suspended until their response is
// there. Outlives the server as long as a handler holds a Respond. Thread-safe.
class SuspendedConnections {
 public:
  // Resumes all, and suspends none from now on. libmicrohttpd must not be
  // stopped while a connection is suspended.
  void Close();

 private:
  friend class PendingResponse;
  base::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<PendingResponse*> suspended_ ABSL_GUARDED_BY(mutex_);
};

// The response to one request: given once, from any thread, and sent by the
// server's thread.
class PendingResponse : public std::enable_shared_from_this<PendingResponse> {
 public:
  PendingResponse(std::shared_ptr<SuspendedConnections> server,
                  MHD_Connection* connection)
      : server_(std::move(server)), connection_(connection) {}

  // Gives the response, unless there is one already. Resumes the connection if
  // it is suspended. Thread-safe.
  void Give(Response response);
  // A callback for handlers: as Give(), or 500 if it is destroyed uncalled.
  Respond MakeRespond();

  // The rest is for the server's thread.

  // The response if there is one. Else suspends the connection until there is;
  // if the server is being destroyed, gives 503 instead.
  std::optional<Response> TakeOrSuspend();

 private:
  friend class SuspendedConnections;

  const std::shared_ptr<SuspendedConnections> server_;
  MHD_Connection* const connection_;
  bool given_ ABSL_GUARDED_BY(server_->mutex_) = false;
  std::optional<Response> response_ ABSL_GUARDED_BY(server_->mutex_);
};

}  // namespace usher::httpd
