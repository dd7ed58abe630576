#include "client/core/unary_call.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "client/core/transport.h"
#include "lib/rpc/status_details.h"

namespace usher::client {
namespace {

constexpr int kMaxRedirections = 8;
// gRPC chooses a replica at once, but may say which a moment later.
constexpr absl::Duration kUntilItSays = absl::Milliseconds(5);
// Whoever had less than this to answer cannot be called silent.
constexpr absl::Duration kSilence = absl::Milliseconds(50);

// Another replica, or another time, may bring what this did not.
bool IsUndecided(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

bool RanOutOfTime(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// By usherd itself, and not by gRPC in its place.
bool SaidByUsherd(const grpc::Status& status) {
  return !IsUndecided(status) ||
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
  for (const auto& attempt : under_way_) attempt->context.TryCancel();
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
      Ended(static_cast<Attempt&>(event), now);
    }
    if (told_ || !Decided(now)) return told_ && !Waits();
    told_ = true;
    for (const auto& attempt : under_way_) Drop(*attempt);
    if (alarm_) alarm_->Cancel();
    winner = winner_.get();
    status = winner == nullptr ? failure_ : winner->status;
    over = !Waits();
  }
  // No other thread changes `winner` any more.
  Tell(status, winner);
  return over;
}

bool UnaryCall::Waits() const { return !under_way_.empty() || alarm_; }

// Whether nothing remains but to tell. If not, an event will come.
bool UnaryCall::Decided(absl::Time now) {
  if (winner_ != nullptr) return true;
  if (!cancelled_) {
    if (now >= next_) {
      BeginAttempt(now);
    } else if (now >= redirect_) {
      Redirect(now);
    }
    SetAlarm();
  }
  const bool tries =
      std::any_of(under_way_.begin(), under_way_.end(),
                  [](const auto& each) { return !each->dropped; });
  return !tries && (cancelled_ || next_ == absl::InfiniteFuture());
}

void UnaryCall::BeginAttempt(absl::Time now) {
  NoteSilence(now);
  ++attempts_;
  redirections_ = 0;
  const int left = transport_.max_attempts() - attempts_;
  next_ =
      left <= 0 ? absl::InfiniteFuture() : now + (deadline_ - now) / (left + 1);
  Launch(now);
  Redirect(now);
}

void UnaryCall::Launch(absl::Time now) {
  newest_ = under_way_.emplace_back(NewAttempt()).get();
  Attempt& attempt = *newest_;
  attempt.begun = now;
  attempt.context.set_deadline(absl::ToChronoTime(deadline_));
  attempt.Start(transport_.queue());
  if (cancelled_) attempt.context.TryCancel();
}

void UnaryCall::Redirect(absl::Time now) {
  redirect_ = absl::InfiniteFuture();
  if (newest_ == nullptr) return;
  for (; redirections_ < kMaxRedirections; ++redirections_) {
    const std::string peer = newest_->context.peer();
    if (peer == newest_->nowhere) {
      ++redirections_;
      redirect_ = now + kUntilItSays;
      return;
    }
    if (!transport_.replicas().HadBetterAskAnother(peer, asked_, now)) return;
    Drop(*newest_);
    Launch(now);
  }
}

void UnaryCall::NoteSilence(absl::Time now) {
  for (const auto& attempt : under_way_) {
    const std::string peer = attempt->context.peer();
    if (attempt->dropped || peer == attempt->nowhere) continue;
    asked_.push_back(peer);
    if (now - attempt->begun < kSilence) continue;
    transport_.replicas().WasSilent(peer, now);
  }
}

void UnaryCall::Ended(Attempt& attempt, absl::Time now) {
  const auto place =
      std::find_if(under_way_.begin(), under_way_.end(),
                   [&](const auto& each) { return each.get() == &attempt; });
  std::unique_ptr<Attempt> ended = std::move(*place);
  under_way_.erase(place);
  if (newest_ == ended.get()) newest_ = nullptr;
  if (ended->dropped) return;
  grpc::Status& status = ended->status;
  // Nobody here cancels but a transport that stops. A gRPC server that is going
  // away cancels what reaches it too late, and another replica may answer it.
  if (status.error_code() == grpc::StatusCode::CANCELLED && !cancelled_) {
    status = grpc::Status(grpc::StatusCode::UNAVAILABLE,
                          "the server cancelled the call");
  }
  const std::string peer = ended->context.peer();
  Replicas& replicas = transport_.replicas();
  if (SaidByUsherd(status)) {
    replicas.Answered(peer, now);
  } else if (!RanOutOfTime(status)) {
    replicas.BrokeOff(peer);
  } else if (now - ended->begun >= kSilence) {
    replicas.WasSilent(peer, now);
  }
  if (!IsUndecided(status)) {
    winner_ = std::move(ended);
    return;
  }
  asked_.push_back(peer);
  // That time ran out says less than anything else.
  if (failure_.ok() || !RanOutOfTime(status)) failure_ = status;
  const auto delay = transport_.DelayBeforeRetry(status, attempts_, deadline_);
  next_ = delay ? now + *delay : absl::InfiniteFuture();
}

void UnaryCall::Drop(Attempt& attempt) {
  attempt.dropped = true;
  attempt.context.TryCancel();
}

void UnaryCall::SetAlarm() {
  const absl::Time when = std::min(next_, redirect_);
  if (when == absl::InfiniteFuture() || cancelled_) return;
  if (!alarm_) {
    alarm_time_ = when;
    alarm_.emplace();
    alarm_->Set(&transport_.queue(), absl::ToChronoTime(when), &alarm_event_);
  } else if (when < alarm_time_) {
    alarm_->Cancel();  // and its event sets it anew
  }
}

}  // namespace usher::client
