#include "lib/http/transfer_loop.h"

#include <poll.h>

#include <algorithm>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;
using std::chrono::milliseconds;

// libcurl carries the number of the exchange, not its address: an answer that
// comes late finds nobody instead of somebody else.
void* AsPointer(uint64_t number) { return reinterpret_cast<void*>(number); }

uint64_t NumberOf(CURL* easy) {
  void* number = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &number);
  return reinterpret_cast<uint64_t>(number);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TransferLoop>> TransferLoop::Create(
    Options options) {
  // The first call readies libcurl for the process; all others wait for it.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) {
    return absl::InternalError(curl_easy_strerror(ready));
  }
  USHER_TRY(auto resolver, Resolver::Create(options.resolver));
  std::unique_ptr<TransferLoop> loop(
      new TransferLoop(std::move(options), std::move(resolver)));
  if (loop->multi_ == nullptr) return absl::InternalError("no curl handle");
  return loop;
}

TransferLoop::TransferLoop(Options options, std::unique_ptr<Resolver> resolver)
    : queue_(options.max_exchanges, options.max_exchanges_per_host),
      multi_(curl_multi_init()),
      resolver_(std::move(resolver)) {}

void TransferLoop::Add(Request request, Clock::time_point deadline,
                       Client::Done done) {
  auto exchange = Transfer::Create(std::move(request));
  if (!exchange.ok()) {
    done(std::move(exchange).status());
    return;
  }
  const uint64_t number = next_++;
  queue_.Push((*exchange)->url().authority(), number);
  entries_[number] = {*std::move(exchange), deadline, std::move(done)};
  deadlines_.emplace(deadline, number);
}

void TransferLoop::Turn() {
  StartWhoseTurnItIs();
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  TakeFinished();
  EndOverdue();
  StartWhoseTurnItIs();  // in the places that became free
  Wait();
}

void TransferLoop::StartWhoseTurnItIs() {
  while (auto turn = queue_.Next()) {
    auto found = entries_.find(turn->work);
    if (found == entries_.end()) {
      queue_.Release(turn->lane);  // its deadline came first
      continue;
    }
    found->second.active = true;
    Start(turn->work);
  }
}

void TransferLoop::Start(uint64_t number) {
  const Transfer& exchange = *entries_[number].exchange;
  if (absl::Status literal = exchange.JudgeLiteral(); !literal.ok()) {
    End(number, std::move(literal));
    return;
  }
  resolver_->Resolve(
      exchange.host_to_resolve(),
      [this, number](const auto& addresses) { OnResolved(number, addresses); });
}

void TransferLoop::OnResolved(
    uint64_t number, const absl::StatusOr<Resolver::Addresses>& addresses) {
  auto found = entries_.find(number);
  if (found == entries_.end()) return;
  const Transfer& exchange = *found->second.exchange;
  if (!addresses.ok()) {
    End(number, absl::UnavailableError(
                    Absl(StrCat(exchange.host_to_resolve(), ": ",
                                base::Std(addresses.status().message())))));
    return;
  }
  auto allowed = exchange.Allowed(*addresses);
  absl::Status begun = allowed.ok()
                           ? HandToCurl(number, found->second, *allowed)
                           : std::move(allowed).status();
  if (!begun.ok()) End(number, std::move(begun));
}

absl::Status TransferLoop::HandToCurl(uint64_t number, Entry& entry,
                                      const Resolver::Addresses& addresses) {
  entry.pool = pools_.Acquire(entry.exchange->request().trust);
  absl::Status begun = entry.exchange->Begin(addresses, entry.pool);
  if (!begun.ok()) return begun;
  CURL* easy = entry.exchange->easy();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, AsPointer(number));
  const CURLMcode added = curl_multi_add_handle(multi_.get(), easy);
  if (added == CURLM_OK) return absl::OkStatus();
  return absl::UnavailableError(curl_multi_strerror(added));
}

void TransferLoop::TakeFinished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const uint64_t number = NumberOf(message->easy_handle);
    auto found = entries_.find(number);
    if (found != entries_.end()) {
      End(number, found->second.exchange->End(code));
    }
  }
}

void TransferLoop::EndOverdue() {
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t number = deadlines_.begin()->second;
    const Entry& entry = entries_[number];
    const Transfer& exchange = *entry.exchange;
    End(number,
        absl::DeadlineExceededError(Absl(
            StrCat(exchange.url().host(), ": timed out after ",
                   absl::FormatDuration(exchange.request().timeout), " ",
                   entry.active ? exchange.Doing() : "waiting for its turn"))));
  }
}

void TransferLoop::Wait() {
  auto timeout = milliseconds(10'000);
  if (!deadlines_.empty()) {
    timeout = std::min(timeout, std::chrono::ceil<milliseconds>(
                                    deadlines_.begin()->first - Clock::now()));
  }
  timeout = std::min(timeout, resolver_->Timeout().value_or(timeout));
  std::vector<curl_waitfd> watched;
  for (const Resolver::Socket& socket : resolver_->sockets()) {
    const int events = (socket.reading ? CURL_WAIT_POLLIN : 0) |
                       (socket.writing ? CURL_WAIT_POLLOUT : 0);
    watched.push_back({socket.fd, static_cast<short>(events), 0});
  }
  curl_multi_poll(
      multi_.get(), watched.data(), static_cast<unsigned>(watched.size()),
      static_cast<int>(std::max<int64_t>(timeout.count(), 0)), nullptr);
  std::vector<Resolver::Socket> ready;
  for (const curl_waitfd& socket : watched) {
    if (socket.revents == 0) continue;
    // An error shows as neither; reading finds out what it is.
    ready.push_back({socket.fd, (socket.revents & ~CURL_WAIT_POLLOUT) != 0,
                     (socket.revents & CURL_WAIT_POLLOUT) != 0});
  }
  resolver_->Process(ready);
}

void TransferLoop::End(uint64_t number, absl::StatusOr<Response> outcome) {
  auto entry = entries_.extract(number);
  Entry& ended = entry.mapped();
  deadlines_.erase({ended.deadline, number});
  if (ended.active) queue_.Release(ended.exchange->url().authority());
  if (CURL* easy = ended.exchange->easy()) {
    curl_multi_remove_handle(multi_.get(), easy);
  }
  ended.exchange.reset();  // lets go of the pool
  if (ended.pool != nullptr) pools_.Release(ended.pool);
  ended.done(std::move(outcome));
}

void TransferLoop::CancelAll() {
  while (!entries_.empty()) {
    End(entries_.begin()->first,
        absl::CancelledError("the HTTP client is being destroyed"));
  }
}

}  // namespace usher::http
