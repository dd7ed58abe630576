// Part of transport.h: one call, with all its attempts.
//
// The first attempt has its share of the time that is left: half of it, of two
// attempts. Then the next attempt starts beside it, and the first answer of
// either wins: a replica that never answers costs a share of the time, and a
// slow one costs nothing. After an attempt that fails, retry.h decides. Each
// attempt goes to a replica that was not tried before and that has not timed
// out lately, if replicas.h knows one.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/support/async_unary_call.h"
#include "grpcpp/support/status.h"
#include "lib/base/mutex.h"

namespace usher::client {

class Transport;

class UnaryCall {
 public:
  // The target of a tag of the completion queue.
  struct Event {
    UnaryCall* const call;
  };

  virtual ~UnaryCall() = default;

  // Once, after the transport has registered the call.
  void Start();
  // On the transport's thread. True: `done` has run and no more events follow.
  bool OnEvent(Event& event);
  // Ends the call soon. Thread-safe.
  void Cancel();

 protected:
  struct Attempt : Event {
    explicit Attempt(UnaryCall* whole) : Event{whole} {}
    virtual ~Attempt() = default;
    virtual void Start(grpc::CompletionQueue& queue) = 0;

    grpc::ClientContext context;
    grpc::Status status;
    absl::Time begun;
    std::string no_peer;   // context.peer() before gRPC has chosen a replica
    bool dropped = false;  // cancelled here: its result is ignored
  };

  UnaryCall(Transport& transport, absl::Time deadline)
      : transport_(transport), deadline_(deadline) {}

  // Not started. Its context has no deadline yet.
  virtual std::unique_ptr<Attempt> NewAttempt() = 0;
  // Runs `done`, with the response of `winner` unless that is null.
  virtual void Complete(const grpc::Status& status, Attempt* winner) = 0;

 private:
  void BeginAttempt(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Launch(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // If the newest attempt went to a replica that it should avoid: launches it
  // again, a few times at most. If gRPC has not chosen yet, checks again soon.
  void Redirect(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordTimeouts(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEnd(Attempt& attempt, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(Attempt& attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasPendingEvents() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsDecided(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetAlarm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Transport& transport_;
  const absl::Time deadline_;

  // Cancel() can run at any time, and events can arrive while the first attempt
  // is still being started. Never held while `done` runs.
  base::Mutex mutex_;
  std::list<std::unique_ptr<Attempt>> in_flight_ ABSL_GUARDED_BY(mutex_);
  // Null once it has ended.
  Attempt* newest_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::unique_ptr<Attempt> winner_ ABSL_GUARDED_BY(mutex_);
  // Replicas that gave no final answer.
  std::vector<std::string> tried_ ABSL_GUARDED_BY(mutex_);
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);
  int attempts_ ABSL_GUARDED_BY(mutex_) = 0;
  int redirections_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time next_attempt_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time redirect_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Event alarm_event_{this};
  std::optional<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);  // if one is set
  absl::Time alarm_time_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool completed_ ABSL_GUARDED_BY(mutex_) = false;
};

template <typename Request, typename Response>
class TypedCall final : public UnaryCall {
 public:
  // Makes an attempt: a stub's PrepareAsync....
  using Prepare =
      std::function<std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>(
          grpc::ClientContext*, const Request&, grpc::CompletionQueue*)>;
  using Done = absl::AnyInvocable<void(const grpc::Status&, Response)>;

  TypedCall(Transport& transport, Request request, Prepare prepare,
            absl::Time deadline, Done done)
      : UnaryCall(transport, deadline),
        request_(std::move(request)),
        prepare_(std::move(prepare)),
        done_(std::move(done)) {}

  void Reject() {
    done_(grpc::Status(grpc::StatusCode::CANCELLED, "the client is stopping"),
          Response());
  }

 private:
  struct TypedAttempt final : Attempt {
    explicit TypedAttempt(TypedCall* of) : Attempt(of), typed(*of) {}
    void Start(grpc::CompletionQueue& queue) override {
      reader = typed.prepare_(&context, typed.request_, &queue);
      no_peer = context.peer();
      reader->StartCall();
      reader->Finish(&response, &status, static_cast<Event*>(this));
    }

    TypedCall& typed;
    Response response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  std::unique_ptr<Attempt> NewAttempt() override {
    return std::make_unique<TypedAttempt>(this);
  }
  void Complete(const grpc::Status& status, Attempt* winner) override {
    done_(status,
          winner == nullptr
              ? Response()
              : std::move(static_cast<TypedAttempt*>(winner)->response));
  }

  const Request request_;
  const Prepare prepare_;
  Done done_;
};

}  // namespace usher::client
