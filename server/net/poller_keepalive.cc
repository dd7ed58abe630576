#include "server/net/poller_keepalive.h"

#include <chrono>
#include <memory>

namespace usher::server {
namespace {

// grpc.health.v1.Health/Check of the whole server: an empty message, as bytes.
struct Check {
  grpc::ClientContext context;
  grpc::Slice no_fields;
  grpc::ByteBuffer request{&no_fields, 1};
  grpc::ByteBuffer response;
};

}  // namespace

PollerKeepalive::PollerKeepalive(grpc::Server& server)
    : stub_(server.InProcessChannel(grpc::ChannelArguments())) {}

PollerKeepalive::~PollerKeepalive() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return !beating_; });
}

void PollerKeepalive::Beat() {
  {
    std::lock_guard lock(mutex_);
    if (beating_) return;
    beating_ = true;
  }
  auto check = std::make_shared<Check>();
  check->context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::seconds(1));
  stub_.UnaryCall(&check->context, "/grpc.health.v1.Health/Check", {},
                  &check->request, &check->response,
                  [this, check](const grpc::Status&) {
                    std::lock_guard lock(mutex_);
                    beating_ = false;
                    ended_.notify_all();
                  });
}

}  // namespace usher::server
