#include "client/core/unary_call.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "client/core/transport.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/status_details.h"

namespace usher::client {
namespace {

constexpr int kMaxRedirections = 8;
// gRPC chooses a replica at once, but peer() can return it a moment later.
constexpr absl::Duration kPeerDelay = absl::Milliseconds(5);
// A replica that had less time than this has not timed out.
constexpr absl::Duration kMinTimeout = absl::Milliseconds(50);

// Another replica, or a later attempt, may succeed.
bool MayRetry(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

bool TimedOut(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// The status is usherd's own, not one that gRPC made in its place.
bool AnsweredByUsherd(const grpc::Status& status) {
  return !MayRetry(status) ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         rpc::DetailsOf(status).from_usher();
}

}  // namespace

void UnaryCall::Start() {
  const base::MutexLock lock(mutex_);
  BeginAttempt(absl::Now());
  SetAlarm();
}

void UnaryCall::Cancel() {
  const base::MutexLock lock(mutex_);
  cancelled_ = true;
  for (const auto& attempt : in_flight_) attempt->context.TryCancel();
  if (alarm_) alarm_->Cancel();
}

bool UnaryCall::OnEvent(Event& event) {
  Attempt* winner = nullptr;
  grpc::Status status;
  bool over = false;
  {
    const base::MutexLock lock(mutex_);
    const absl::Time now = absl::Now();
    if (&event == &alarm_event_) {
      alarm_.reset();
    } else {
      OnEnd(static_cast<Attempt&>(event), now);
    }
    if (completed_ || !IsDecided(now)) return completed_ && !HasPendingEvents();
    completed_ = true;
    for (const auto& attempt : in_flight_) Drop(*attempt);
    if (alarm_) alarm_->Cancel();
    winner = winner_.get();
    status = winner == nullptr ? failure_ : winner->status;
    over = !HasPendingEvents();
  }
  if (const auto hint = transport_.HintFor(status); !hint.empty()) {
    status = grpc::Status(status.error_code(),
                          base::StrCat(status.error_message(), hint),
                          status.error_details());
  }
  // No other thread changes `winner` any more.
  Complete(status, winner);
  return over;
}

bool UnaryCall::HasPendingEvents() const {
  return !in_flight_.empty() || alarm_;
}

// Whether the result is final. If not, another event will come.
bool UnaryCall::IsDecided(absl::Time now) {
  if (winner_ != nullptr) return true;
  if (!cancelled_) {
    if (now >= next_attempt_at_) {
      BeginAttempt(now);
    } else if (now >= redirect_at_) {
      Redirect(now);
    }
    SetAlarm();
  }
  const bool tries =
      std::any_of(in_flight_.begin(), in_flight_.end(),
                  [](const auto& each) { return !each->dropped; });
  return !tries && (cancelled_ || next_attempt_at_ == absl::InfiniteFuture());
}

void UnaryCall::BeginAttempt(absl::Time now) {
  RecordTimeouts(now);
  ++attempts_;
  redirections_ = 0;
  const int left = transport_.max_attempts() - attempts_;
  next_attempt_at_ =
      left <= 0 ? absl::InfiniteFuture() : now + (deadline_ - now) / (left + 1);
  Launch(now);
  Redirect(now);
}

void UnaryCall::Launch(absl::Time now) {
  newest_ = in_flight_.emplace_back(NewAttempt()).get();
  Attempt& attempt = *newest_;
  attempt.begun = now;
  attempt.context.set_deadline(absl::ToChronoTime(deadline_));
  attempt.Start(transport_.queue());
  if (cancelled_) attempt.context.TryCancel();
}

void UnaryCall::Redirect(absl::Time now) {
  redirect_at_ = absl::InfiniteFuture();
  if (newest_ == nullptr) return;
  for (; redirections_ < kMaxRedirections; ++redirections_) {
    const std::string peer = newest_->context.peer();
    if (peer == newest_->no_peer) {
      ++redirections_;
      redirect_at_ = now + kPeerDelay;
      return;
    }
    if (!transport_.replicas().ShouldAvoid(peer, tried_, now)) return;
    Drop(*newest_);
    Launch(now);
  }
}

void UnaryCall::RecordTimeouts(absl::Time now) {
  for (const auto& attempt : in_flight_) {
    const std::string peer = attempt->context.peer();
    if (attempt->dropped || peer == attempt->no_peer) continue;
    tried_.push_back(peer);
    if (now - attempt->begun < kMinTimeout) continue;
    transport_.replicas().OnTimeout(peer, attempt->begun, now);
  }
}

void UnaryCall::OnEnd(Attempt& attempt, absl::Time now) {
  const auto place =
      std::find_if(in_flight_.begin(), in_flight_.end(),
                   [&](const auto& each) { return each.get() == &attempt; });
  std::unique_ptr<Attempt> ended = std::move(*place);
  in_flight_.erase(place);
  if (newest_ == ended.get()) newest_ = nullptr;
  if (ended->dropped) return;
  grpc::Status& status = ended->status;
  // On this side only a transport that stops cancels. A gRPC server that shuts
  // down cancels calls that arrive too late, and another replica may take them.
  if (status.error_code() == grpc::StatusCode::CANCELLED && !cancelled_) {
    status = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                          "the server cancelled the call");
  }
  const std::string peer = ended->context.peer();
  Replicas& replicas = transport_.replicas();
  if (AnsweredByUsherd(status)) {
    replicas.OnAnswer(peer, now);
  } else if (!TimedOut(status)) {
    replicas.OnDisconnect(peer);
  } else if (now - ended->begun >= kMinTimeout) {
    replicas.OnTimeout(peer, ended->begun, now);
  }
  if (!MayRetry(status)) {
    winner_ = std::move(ended);
    return;
  }
  tried_.push_back(peer);
  // Any other failure says more than a timeout.
  if (failure_.ok() || !TimedOut(status)) failure_ = status;
  const auto delay = transport_.DelayBeforeRetry(status, attempts_, deadline_);
  next_attempt_at_ = delay ? now + *delay : absl::InfiniteFuture();
}

void UnaryCall::Drop(Attempt& attempt) {
  attempt.dropped = true;
  attempt.context.TryCancel();
}

void UnaryCall::SetAlarm() {
  const absl::Time when = std::min(next_attempt_at_, redirect_at_);
  if (when == absl::InfiniteFuture() || cancelled_) return;
  if (!alarm_) {
    alarm_time_ = when;
    alarm_.emplace();
    alarm_->Set(&transport_.queue(), absl::ToChronoTime(when), &alarm_event_);
  } else if (when < alarm_time_) {
    alarm_->Cancel();  // its event sets it again
  }
}

}  // namespace usher::client
