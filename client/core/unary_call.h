// Part of transport.h: the life of one call, with all its attempts.
//
// The first attempt has a share of the time that is left: half of it, where
// there may be two. Then the next begins beside it, and the first answer of
// either counts: a replica that says nothing costs a share and not the call,
// and one that is merely slow loses nothing. An attempt that fails is followed
// as retry.h says. Each goes to another replica than those before, and none to
// one that is known to be silent, where replicas.h knows a better.
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
  // What a tag of the completion queue points to.
  struct Event {
    UnaryCall* const call;
  };

  virtual ~UnaryCall() = default;

  // Once, after the transport took the call.
  void Start();
  // On the transport's thread. True: over, `done` has run, and no more events
  // will come.
  bool OnEvent(Event& event);
  // Soon to have its last event. Thread-safe.
  void Cancel();

 protected:
  struct Attempt : Event {
    explicit Attempt(UnaryCall* whole) : Event{whole} {}
    virtual ~Attempt() = default;
    virtual void Start(grpc::CompletionQueue& queue) = 0;

    grpc::ClientContext context;
    grpc::Status status;
    absl::Time begun;
    std::string nowhere;   // what gRPC calls a peer not chosen yet
    bool dropped = false;  // cancelled here: what becomes of it does not count
  };

  UnaryCall(Transport& transport, absl::Time deadline)
      : transport_(transport), deadline_(deadline) {}

  // Not started. Its context has no deadline yet.
  virtual std::unique_ptr<Attempt> NewAttempt() = 0;
  // Runs `done`; with the answer of `winner`, where there is one.
  virtual void Tell(const grpc::Status& status, Attempt* winner) = 0;

 private:
  void BeginAttempt(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Launch(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where the newest attempt went to a replica it had better not: launches it
  // again, a few times at most. Where gRPC does not say yet, soon.
  void Redirect(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteSilence(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ended(Attempt& attempt, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(Attempt& attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Waits() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Decided(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetAlarm() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Transport& transport_;
  const absl::Time deadline_;

  // Guards what follows: Cancel() may come at any time, and events may come
  // while the first attempt is still being started. Never held while `done`
  // runs.
  base::Mutex mutex_;
  std::list<std::unique_ptr<Attempt>> under_way_ ABSL_GUARDED_BY(mutex_);
  Attempt* newest_ ABSL_GUARDED_BY(mutex_) = nullptr;  // where it is under way
  std::unique_ptr<Attempt> winner_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_
      ABSL_GUARDED_BY(mutex_);  // replicas whose answer did not help
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);
  int attempts_ ABSL_GUARDED_BY(mutex_) = 0;
  int redirections_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time next_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // attempt
  absl::Time redirect_ ABSL_GUARDED_BY(mutex_) =
      absl::InfiniteFuture();  // look where it went
  Event alarm_event_{this};
  std::optional<grpc::Alarm> alarm_
      ABSL_GUARDED_BY(mutex_);  // where one is set
  absl::Time alarm_time_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool told_ ABSL_GUARDED_BY(mutex_) = false;
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

  void Refuse() {
    done_(grpc::Status(grpc::StatusCode::CANCELLED, "the client is stopping"),
          Response());
  }

 private:
  struct TypedAttempt final : Attempt {
    explicit TypedAttempt(TypedCall* of) : Attempt(of), typed(*of) {}
    void Start(grpc::CompletionQueue& queue) override {
      reader = typed.prepare_(&context, typed.request_, &queue);
      nowhere = context.peer();
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
  void Tell(const grpc::Status& status, Attempt* winner) override {
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
