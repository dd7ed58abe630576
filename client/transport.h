// Carries unary calls to usherd: one channel, one completion queue and one
// thread of its own.
//
// Not gRPC's callback API: a process has two threads for all callbacks of all
// its clients and servers, so a guard inside a server would starve, or wait
// for itself.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/channel.h"
#include "client/retry.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_unary_call.h"
#include "usher/client_options.h"

namespace usher::client {

template <typename Request, typename Response>
class RetryingCall;

// Thread-safe.
class Transport {
 public:
  template <typename Response>
  using Done = std::function<void(const grpc::Status&, Response)>;

  // Makes one attempt: a stub's PrepareAsync....
  template <typename Request, typename Response>
  using Prepare =
      std::function<std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>(
          grpc::ClientContext*, const Request&, grpc::CompletionQueue*)>;

  static absl::StatusOr<std::unique_ptr<Transport>> Open(
      const ClientOptions& options, Health health);

  // Cancels what is under way and waits until each `done` has run. Not to be
  // run on the transport's own thread.
  ~Transport();

  // For making stubs.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Asks, and asks again as retry.h says, until `deadline` or the deadline of
  // the options, whichever is earlier. `done` runs exactly once, on the
  // transport's thread; inside this call, with CANCELLED, where the transport
  // is being destroyed.
  template <typename Request, typename Response>
  void Call(Request request, Prepare<Request, Response> prepare,
            absl::Time deadline, Done<Response> done);

  // Waiting for an answer on this thread would be waiting for ever.
  bool OnOwnThread() const {
    return std::this_thread::get_id() == thread_.get_id();
  }

 private:
  template <typename Request, typename Response>
  friend class RetryingCall;

  // One call with all its attempts: what the completion queue's tags point to.
  class UnaryCall {
   public:
    virtual ~UnaryCall() = default;
    // On the transport's thread. True: over, and `done` has run.
    virtual bool OnEvent(bool ok) = 0;
    // Under mutex_: soon to have its last event.
    virtual void Cancel() = 0;
  };

  Transport(std::shared_ptr<grpc::Channel> channel,
            const ClientOptions& options);
  // False: stopping, and `call` was not taken.
  bool Admit(UnaryCall* call);
  // Only on the transport's thread.
  std::optional<absl::Duration> DelayBeforeRetry(const grpc::Status& status,
                                                 int attempts,
                                                 absl::Time deadline);
  void Run();

  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Duration deadline_;
  const int max_attempts_;
  std::minstd_rand dice_;  // the thread's alone
  grpc::CompletionQueue queue_;

  std::mutex mutex_;
  std::condition_variable idle_;
  absl::flat_hash_set<UnaryCall*> under_way_;  // owned
  bool stopping_ = false;

  std::thread thread_;  // last: starts when all else is there
};

}  // namespace usher::client

#include "client/unary_call.h"
