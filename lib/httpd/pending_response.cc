#include "lib/httpd/pending_response.h"

#include <utility>

namespace usher::httpd {
namespace {

// Calls Give() once; the destructor sees a handler that never did.
class OneResponse {
 public:
  explicit OneResponse(std::shared_ptr<PendingResponse> pending)
      : pending_(std::move(pending)) {}
  OneResponse(OneResponse&&) = default;
  OneResponse& operator=(OneResponse&&) = delete;
  ~OneResponse() {
    if (pending_ == nullptr) return;
    pending_->Give({.status = 500, .body = "internal error\n"});
  }

  void operator()(Response response) {
    const auto pending = std::exchange(pending_, nullptr);
    if (pending != nullptr) pending->Give(std::move(response));
  }

 private:
  std::shared_ptr<PendingResponse> pending_;
};

}  // namespace

void SuspendedConnections::Close() {
  const base::MutexLock lock(mutex_);
  closed_ = true;
  for (PendingResponse* pending : suspended_) {
    MHD_resume_connection(pending->connection_);
  }
  suspended_.clear();
}

void PendingResponse::Give(Response response) {
  const base::MutexLock lock(server_->mutex_);
  if (std::exchange(given_, true)) return;
  response_ = std::move(response);
  // Not suspended: the handler has not returned yet, or the request is gone.
  if (server_->suspended_.erase(this) == 0) return;
  MHD_resume_connection(connection_);
}

Respond PendingResponse::MakeRespond() {
  return OneResponse(shared_from_this());
}

std::optional<Response> PendingResponse::TakeOrSuspend() {
  const base::MutexLock lock(server_->mutex_);
  if (response_.has_value()) return std::exchange(response_, std::nullopt);
  if (server_->closed_) {
    given_ = true;
    return Response{.status = 503, .body = "shutting down\n"};
  }
  MHD_suspend_connection(connection_);
  server_->suspended_.insert(this);
  return std::nullopt;
}

}  // namespace usher::httpd
