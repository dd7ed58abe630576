// Part of transport.h: the life of one call.
//
//   calling --answer, or a failure that is final--> done
//      ^  \--a failure worth another attempt--> waiting
//      \-------------------the wait is over--------/   \--cancelled--> done
#pragma once

#include <algorithm>
#include <optional>

#include "absl/time/clock.h"
#include "client/transport.h"
#include "grpcpp/alarm.h"

namespace usher::client {

template <typename Request, typename Response>
class RetryingCall final : public Transport::UnaryCall {
 public:
  RetryingCall(Transport& transport, Request request,
               Transport::Prepare<Request, Response> prepare,
               absl::Time deadline, Transport::Done<Response> done)
      : transport_(transport),
        request_(std::move(request)),
        prepare_(std::move(prepare)),
        deadline_(deadline),
        done_(std::move(done)) {
    NextContext();
  }

  // Once, after the transport took the call.
  void Start() {
    reader_ = prepare_(context_.get(), request_, &transport_.queue_);
    reader_->StartCall();
    reader_->Finish(&response_, &status_, this);
  }

  void Refuse() {
    done_(grpc::Status(grpc::StatusCode::CANCELLED, "the client is stopping"),
          Response());
  }

  bool OnEvent(bool ok) override {
    if (!waiting_.has_value()) ReadCancellation();
    if (waiting_.has_value() ? Resume(ok) : Wait()) return false;
    done_(status_, std::move(response_));
    return true;
  }

  void Cancel() override {
    if (waiting_.has_value()) {
      waiting_->Cancel();
    } else {
      context_->TryCancel();
    }
  }

 private:
  void NextContext() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(deadline_));
  }

  // Nobody here cancels but a transport that stops. A gRPC server that is going
  // away cancels what reaches it too late, and another replica may answer it.
  void ReadCancellation() {
    if (status_.error_code() != grpc::StatusCode::CANCELLED) return;
    std::lock_guard lock(transport_.mutex_);
    if (transport_.stopping_) return;
    status_ = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                           "the server cancelled the call");
  }

  // An attempt ended. True: another will follow.
  bool Wait() {
    if (status_.ok()) return false;
    const auto delay =
        transport_.DelayBeforeRetry(status_, attempts_, deadline_);
    if (!delay) return false;
    std::lock_guard lock(transport_.mutex_);
    if (transport_.stopping_) return false;
    waiting_.emplace();
    waiting_->Set(&transport_.queue_, absl::ToChronoTime(absl::Now() + *delay),
                  this);
    return true;
  }

  // The wait ended. True: another attempt is under way.
  bool Resume(bool ok) {
    {
      std::lock_guard lock(transport_.mutex_);
      if (!ok || transport_.stopping_) return false;
      waiting_.reset();
      ++attempts_;
      reader_.reset();
      NextContext();
    }
    response_ = Response();
    Start();
    return true;
  }

  Transport& transport_;
  const Request request_;
  const Transport::Prepare<Request, Response> prepare_;
  const absl::Time deadline_;
  const Transport::Done<Response> done_;
  int attempts_ = 1;
  // The transport's lock guards these two: Cancel() may come at any time.
  std::unique_ptr<grpc::ClientContext> context_;
  std::optional<grpc::Alarm> waiting_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
  Response response_;
  grpc::Status status_;
};

template <typename Request, typename Response>
void Transport::Call(Request request, Prepare<Request, Response> prepare,
                     absl::Time deadline, Done<Response> done) {
  auto call = std::make_unique<RetryingCall<Request, Response>>(
      *this, std::move(request), std::move(prepare),
      std::min(deadline, absl::Now() + deadline_), std::move(done));
  if (!Admit(call.get())) return call->Refuse();
  call.release()->Start();
}

}  // namespace usher::client
