#include "lib/http/curl_client.h"

#include <signal.h>

#include <algorithm>
#include <utility>

#include "lib/base/result.h"
#include "lib/http/transfer_loop.h"

namespace usher::http {
namespace {

// Writing to a connection that its peer has closed raises SIGPIPE, which would
// end the process; blocked, the write fails instead. The others are for the
// thread that handles signals, not for this one.
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
  loop_options.max_exchanges = options.max_exchanges;
  loop_options.max_exchanges_per_host = options.max_exchanges_per_host;
  USHER_TRY(auto loop, TransferLoop::Create(std::move(loop_options)));
  return std::unique_ptr<CurlClient>(
      new CurlClient(std::move(options), std::move(loop)));
}

CurlClient::CurlClient(Options options, std::unique_ptr<TransferLoop> loop)
    : options_(std::move(options)),
      loop_(std::move(loop)),
      thread_([this] { Run(); }) {}

CurlClient::~CurlClient() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    loop_->Wake();
  }
  thread_.join();
}

void CurlClient::Fetch(Request request, Done done) {
  // A century is as good as for ever, and does not overflow.
  const auto timeout = absl::ToChronoNanoseconds(
      std::clamp(request.timeout, absl::ZeroDuration(), absl::Hours(876'000)));
  std::lock_guard lock(mutex_);
  const bool too_many = unended_ >= options_.max_waiting;
  ++unended_;
  inbox_.push_back(
      {std::move(request), Clock::now() + timeout, std::move(done), too_many});
  if (loop_ != nullptr) loop_->Wake();
}

void CurlClient::Run() {
  BlockSignals();
  std::vector<Asked> asked;
  bool stop = false;
  while (!stop) {
    {
      std::lock_guard lock(mutex_);
      asked.swap(inbox_);
      stop = stopping_;
    }
    Take(asked);
    if (!stop) loop_->Turn();
  }
  // The connections are closed here, where SIGPIPE is blocked.
  loop_->CancelAll();
  std::unique_ptr<TransferLoop> ended;
  {
    std::lock_guard lock(mutex_);
    ended = std::move(loop_);
  }
  ended.reset();
  while (true) {
    {
      std::lock_guard lock(mutex_);
      asked.swap(inbox_);
    }
    if (asked.empty()) return;
    for (Asked& each : asked) {
      each.done(absl::CancelledError("the HTTP client is being destroyed"));
    }
    asked.clear();
  }
}

void CurlClient::Take(std::vector<Asked>& asked) {
  for (Asked& each : asked) {
    Done counted = [this, done = std::move(each.done)](auto outcome) {
      {
        std::lock_guard lock(mutex_);
        --unended_;
      }
      done(std::move(outcome));
    };
    if (each.too_many) {
      counted(absl::ResourceExhaustedError(
          "too many HTTP exchanges are waiting already"));
    } else {
      loop_->Add(std::move(each.request), each.deadline, std::move(counted));
    }
  }
  asked.clear();
}

}  // namespace usher::http
