#include "client/transport.h"

#include "lib/base/result.h"

namespace usher::client {

absl::StatusOr<std::unique_ptr<Transport>> Transport::Open(
    const ClientOptions& options, Health health) {
  USHER_TRY(auto channel, OpenChannel(options, health));
  return std::unique_ptr<Transport>(new Transport(std::move(channel), options));
}

Transport::Transport(std::shared_ptr<grpc::Channel> channel,
                     const ClientOptions& options)
    : channel_(std::move(channel)),
      deadline_(options.deadline),
      max_attempts_(options.max_attempts),
      dice_(std::random_device()()),
      thread_([this] { Run(); }) {}

Transport::~Transport() {
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (UnaryCall* call : under_way_) call->Cancel();
    idle_.wait(lock, [this] { return under_way_.empty(); });
  }
  queue_.Shutdown();
  thread_.join();
}

bool Transport::Admit(UnaryCall* call) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  under_way_.insert(call);
  return true;
}

void Transport::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    std::unique_ptr<UnaryCall> call(static_cast<UnaryCall*>(tag));
    if (!call->OnEvent(ok)) {
      call.release();
      continue;
    }
    std::lock_guard lock(mutex_);
    under_way_.erase(call.get());
    if (under_way_.empty()) idle_.notify_all();
  }
}

std::optional<absl::Duration> Transport::DelayBeforeRetry(
    const grpc::Status& status, int attempts, absl::Time deadline) {
  const double dice = std::uniform_real_distribution<double>(0, 1)(dice_);
  return RetryDelay(status, {.number = attempts,
                             .max_attempts = max_attempts_,
                             .time_left = deadline - absl::Now(),
                             .dice = dice});
}

}  // namespace usher::client
