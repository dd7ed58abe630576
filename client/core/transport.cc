#include "client/core/transport.h"

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
      shown_identity_(ShownIdentityOf(options)),
      random_(std::random_device()()),
      thread_([this] { Run(); }) {}

Transport::~Transport() {
  absl::flat_hash_map<UnaryCall*, std::shared_ptr<UnaryCall>> calls;
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    calls = in_flight_;
  }
  // Not under the lock: Cancel() waits for the thread that starts an attempt,
  // and that thread may wait for the lock.
  for (const auto& [call, shared] : calls) call->Cancel();
  {
    const base::MutexLock lock(mutex_);
    while (!in_flight_.empty()) idle_.Wait(mutex_);
  }
  queue_.Shutdown();
  thread_.join();
}

bool Transport::Register(const std::shared_ptr<UnaryCall>& call) {
  const base::MutexLock lock(mutex_);
  if (stopping_) return false;
  in_flight_.emplace(call.get(), call);
  return true;
}

std::string_view Transport::HintFor(const grpc::Status& failure) const {
  return HandshakeHint(failure, shown_identity_);
}

void Transport::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    auto* const event = static_cast<UnaryCall::Event*>(tag);
    UnaryCall* const call = event->call;
    if (!call->OnEvent(*event)) continue;
    // Destroyed after the lock: the destructor of `done` is the user's code.
    std::shared_ptr<UnaryCall> over;
    const base::MutexLock lock(mutex_);
    over = std::move(in_flight_.extract(call).mapped());
    if (in_flight_.empty()) idle_.SignalAll();
  }
}

std::optional<absl::Duration> Transport::DelayBeforeRetry(
    const grpc::Status& status, int attempts, absl::Time deadline) {
  const double jitter = std::uniform_real_distribution<double>(0, 1)(random_);
  return RetryDelay(status, {.number = attempts,
                             .max_attempts = max_attempts_,
                             .time_left = deadline - absl::Now(),
                             .jitter = jitter});
}

}  // namespace usher::client
