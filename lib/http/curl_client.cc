#include "lib/http/curl_client.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "lib/base/result.h"
#include "lib/http/transfer_loop.h"

namespace usher::http {
namespace {

// A write to a connection that the peer has closed raises SIGPIPE, which would
// end the process; with the signal blocked, the write fails instead. The other
// signals belong to the thread that handles signals.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<CurlClient>> CurlClient::Create(
    Options options) {
  TransferLoop::Options loop_options;
  loop_options.resolver.name_server = options.name_server;
  loop_options.resolver.timeout = options.name_server_timeout;
  loop_options.max_transfers = options.max_transfers;
  loop_options.max_transfers_per_host = options.max_transfers_per_host;
  USHER_TRY(auto loop, TransferLoop::Create(std::move(loop_options)));
  return std::unique_ptr<CurlClient>(
      new CurlClient(std::move(options), std::move(loop)));
}

CurlClient::CurlClient(Options options, std::unique_ptr<TransferLoop> loop)
    : options_(std::move(options)),
      wakeable_(loop.get()),
      loop_(std::move(loop)),
      thread_([this] { Run(); }) {}

CurlClient::~CurlClient() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    wakeable_->Wake();
  }
  thread_.join();
}

void CurlClient::Fetch(Request request, Done done) {
  // A century stands for "no timeout" and does not overflow.
  const auto timeout = absl::ToChronoNanoseconds(
      std::clamp(request.timeout, absl::ZeroDuration(), absl::Hours(876'000)));
  const base::MutexLock lock(mutex_);
  const bool too_many = unfinished_ >= options_.max_waiting;
  ++unfinished_;
  inbox_.push_back(
      {std::move(request), Clock::now() + timeout, std::move(done), too_many});
  if (wakeable_ != nullptr) wakeable_->Wake();
}

void CurlClient::Run() {
  BlockSignals();
  std::vector<QueuedFetch> queued;
  bool stop = false;
  while (!stop) {
    {
      const base::MutexLock lock(mutex_);
      queued.swap(inbox_);
      stop = stopping_;
    }
    Begin(queued);
    if (!stop) loop_->RunOnce();
  }
  // The connections are closed here, where SIGPIPE is blocked.
  loop_->CancelAll();
  {
    const base::MutexLock lock(mutex_);
    wakeable_ = nullptr;
  }
  loop_.reset();
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      queued.swap(inbox_);
    }
    if (queued.empty()) return;
    for (QueuedFetch& each : queued) {
      each.done(absl::CancelledError("the HTTP client is being destroyed"));
    }
    queued.clear();
  }
}

void CurlClient::Begin(std::vector<QueuedFetch>& queued) {
  for (QueuedFetch& each : queued) {
    Done counted = [this, done = std::move(each.done)](
                       absl::StatusOr<Response> result) mutable {
      {
        const base::MutexLock lock(mutex_);
        --unfinished_;
      }
      done(std::move(result));
    };
    if (each.too_many) {
      counted(absl::ResourceExhaustedError(
          "too many HTTP requests are waiting already"));
    } else {
      loop_->Add(std::move(each.request), each.deadline, std::move(counted));
    }
  }
  queued.clear();
}

}  // namespace usher::http
