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
  base::MutexLock lock(mutex_);
  while (running_) ended_.Wait(mutex_);
}

void PollerKeepalive::Ping() {
  {
    base::MutexLock lock(mutex_);
    if (running_) return;
    running_ = true;
  }
  auto check = std::make_shared<Check>();
  check->context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::seconds(1));
  stub_.UnaryCall(&check->context, "/grpc.health.v1.Health/Check", {},
                  &check->request, &check->response,
                  [this, check](const grpc::Status&) {
                    base::MutexLock lock(mutex_);
                    running_ = false;
                    ended_.SignalAll();
                  });
}

}  // namespace usher::server
