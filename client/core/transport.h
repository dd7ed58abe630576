// Carries unary calls to usherd: one channel, one completion queue and one
// thread of its own.
//
// It does not use gRPC's callback API: a process has only two threads for the
// callbacks of all its clients and servers, so a guard inside a server could
// starve or wait for itself.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/core/channel.h"
#include "client/core/handshake_hint.h"
#include "client/core/replicas.h"
#include "client/core/retry.h"
#include "client/core/unary_call.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"
#include "lib/base/mutex.h"
#include "usher/client_options.h"

namespace usher::client {

// Thread-safe.
class Transport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Open(
      const ClientOptions& options, Health health);

  // Cancels the calls in flight and waits until each `done` has run. Must not
  // run on the transport's own thread.
  ~Transport();

  // ClientOptions::deadline.
  absl::Duration deadline() const { return deadline_; }

  // For stubs.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Makes a call, with the further attempts that unary_call.h describes, until
  // `deadline` or ClientOptions::deadline, whichever is earlier. `done` runs
  // exactly once, on the transport's thread; while the transport is being
  // destroyed, inside this call with CANCELLED.
  template <typename Request, typename Response>
  void Call(Request request,
            typename TypedCall<Request, Response>::Prepare prepare,
            absl::Time deadline,
            typename TypedCall<Request, Response>::Done done);

  // A wait for a result on this thread would never end.
  bool OnOwnThread() const {
    return std::this_thread::get_id() == thread_.get_id();
  }

 private:
  friend class UnaryCall;

  Transport(std::shared_ptr<grpc::Channel> channel,
            const ClientOptions& options);
  // False if the transport is stopping: `call` must not start.
  bool Register(const std::shared_ptr<UnaryCall>& call);
  // Only on the transport's thread.
  std::optional<absl::Duration> DelayBeforeRetry(const grpc::Status& status,
                                                 int attempts,
                                                 absl::Time deadline);
  void Run();

  // For its calls.
  int max_attempts() const { return max_attempts_; }
  grpc::CompletionQueue& queue() { return queue_; }
  Replicas& replicas() { return replicas_; }
  // What a failure may be due to, with the options of this transport: "" or a
  // sentence that follows gRPC's message.
  std::string_view HintFor(const grpc::Status& failure) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Duration deadline_;
  const int max_attempts_;
  const ShownIdentity shown_identity_;
  std::minstd_rand random_;  // used by thread_ only
  Replicas replicas_;
  grpc::CompletionQueue queue_;

  base::Mutex mutex_;
  base::CondVar idle_;
  // Shared so that the destructor can cancel calls without the lock.
  absl::flat_hash_map<UnaryCall*, std::shared_ptr<UnaryCall>> in_flight_
      ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: uses all of the above
};

template <typename Request, typename Response>
void Transport::Call(Request request,
                     typename TypedCall<Request, Response>::Prepare prepare,
                     absl::Time deadline,
                     typename TypedCall<Request, Response>::Done done) {
  auto call = std::make_shared<TypedCall<Request, Response>>(
      *this, std::move(request), std::move(prepare),
      std::min(deadline, absl::Now() + deadline_), std::move(done));
  if (!Register(call)) return call->Reject();
  call->Start();
}

}  // namespace usher::client
