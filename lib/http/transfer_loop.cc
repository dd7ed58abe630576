#include "lib/http/transfer_loop.h"

#include <poll.h>

#include <algorithm>
#include <span>

#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;
using std::chrono::milliseconds;

// libcurl carries the id of the transfer, not its address: a late result then
// finds no transfer instead of another one.
void* AsPointer(uint64_t id) { return reinterpret_cast<void*>(id); }

constexpr size_t kMaxRememberedHosts = 10'000;
constexpr size_t kMaxSilentAddresses = 16;

uint64_t IdOf(CURL* easy) {
  void* id = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &id);
  return reinterpret_cast<uint64_t>(id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TransferLoop>> TransferLoop::Create(
    Options options) {
  // The first call initialises libcurl for the process; all others wait.
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
    : queue_(options.max_transfers, options.max_transfers_per_host),
      multi_(curl_multi_init()),
      resolver_(std::move(resolver)) {}

void TransferLoop::Add(Request request, Clock::time_point deadline,
                       Client::Done done) {
  auto transfer = Transfer::Create(std::move(request));
  if (!transfer.ok()) {
    done(std::move(transfer).status());
    return;
  }
  const uint64_t id = next_id_++;
  queue_.Push((*transfer)->url().authority(), id);
  entries_[id] = {.transfer = *std::move(transfer),
                  .deadline = deadline,
                  .done = std::move(done)};
  deadlines_.emplace(deadline, id);
}

void TransferLoop::RunOnce() {
  StartQueued();
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  CompleteFinished();
  CompleteOverdue();
  StartQueued();  // in the places that are free now
  Wait();
}

void TransferLoop::StartQueued() {
  while (auto item = queue_.Pop()) {
    auto found = entries_.find(item->id);
    if (found == entries_.end()) {
      queue_.Release(item->host);  // its deadline came first
      continue;
    }
    found->second.active = true;
    found->second.transfer->SetStarted();
    Start(item->id);
  }
}

void TransferLoop::Start(uint64_t id) {
  const Transfer& transfer = *entries_[id].transfer;
  if (absl::Status literal = transfer.CheckLiteralAddress(); !literal.ok()) {
    Complete(id, std::move(literal));
    return;
  }
  resolver_->Resolve(
      transfer.host_to_resolve(),
      [this, id](const auto& addresses) { OnResolved(id, addresses); });
}

void TransferLoop::OnResolved(
    uint64_t id, const absl::StatusOr<Resolver::Addresses>& addresses) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const Transfer& transfer = *found->second.transfer;
  if (!addresses.ok()) {
    Complete(id, absl::UnavailableError(
                     Absl(StrCat(transfer.host_to_resolve(), ": ",
                                 base::Std(addresses.status().message())))));
    return;
  }
  auto allowed = transfer.AllowedOf(*addresses);
  absl::Status begun = allowed.ok() ? Perform(id, found->second, *allowed)
                                    : std::move(allowed).status();
  if (!begun.ok()) Complete(id, std::move(begun));
}

absl::Status TransferLoop::Perform(uint64_t id, Entry& entry,
                                   const Resolver::Addresses& addresses) {
  const Request& request = entry.transfer->request();
  entry.pool = pools_.Acquire(request.options, request.credentials);
  entry.addresses = InOrder(entry.transfer->host_to_resolve(), addresses);
  absl::Status begun = entry.transfer->Begin(entry.addresses, entry.pool);
  if (!begun.ok()) return begun;
  if (addresses.size() > 1) {
    const auto now = Clock::now();
    races_.emplace(
        id, ConnectRace({entry.addresses.begin() + 1, entry.addresses.end()},
                        entry.transfer->port_to_connect(), now,
                        entry.deadline - now));
  }
  CURL* easy = entry.transfer->easy();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, AsPointer(id));
  const CURLMcode added = curl_multi_add_handle(multi_.get(), easy);
  if (added == CURLM_OK) return absl::OkStatus();
  return absl::UnavailableError(curl_multi_strerror(added));
}

Resolver::Addresses TransferLoop::InOrder(const std::string& host,
                                          Resolver::Addresses addresses) const {
  const auto known = known_addresses_.find(host);
  if (known != known_addresses_.end()) {
    std::ranges::stable_sort(addresses, {}, [&](const IpAddress& address) {
      return known->second.RankOf(address);
    });
  }
  return addresses;
}

size_t TransferLoop::KnownAddresses::RankOf(const IpAddress& address) const {
  if (address == answered) return 0;
  const auto found = std::ranges::find(silent, address);
  return found == silent.end()
             ? 1
             : 2 + static_cast<size_t>(found - silent.begin());
}

void TransferLoop::Remember(const Transfer& transfer, bool answered) {
  const auto peer = transfer.peer();
  if (!peer || !transfer.has_several_addresses()) return;
  if (known_addresses_.size() >= kMaxRememberedHosts) known_addresses_.clear();
  KnownAddresses& known = known_addresses_[transfer.host_to_resolve()];
  if (answered) {
    known = {.answered = *peer, .silent = {}};
    return;
  }
  if (known.answered == *peer) known.answered.reset();
  std::erase(known.silent, *peer);
  if (known.silent.size() < kMaxSilentAddresses) known.silent.push_back(*peer);
}

void TransferLoop::CompleteFinished() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const uint64_t id = IdOf(message->easy_handle);
    auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    Remember(*found->second.transfer, /*answered=*/code == CURLE_OK);
    Complete(id, found->second.transfer->Result(code));
  }
}

void TransferLoop::CompleteOverdue() {
  const auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const uint64_t id = deadlines_.begin()->second;
    const Transfer& transfer = *entries_[id].transfer;
    Remember(transfer, /*answered=*/false);
    Complete(id, absl::DeadlineExceededError(Absl(
                     StrCat(transfer.url().host(), ": timed out after ",
                            absl::FormatDuration(transfer.request().timeout),
                            " ", transfer.LongestPhase()))));
  }
}

void TransferLoop::Wait() {
  auto timeout = milliseconds(10'000);
  if (!deadlines_.empty()) {
    timeout = std::min(timeout, std::chrono::ceil<milliseconds>(
                                    deadlines_.begin()->first - Clock::now()));
  }
  timeout = std::min(timeout, resolver_->Timeout().value_or(timeout));
  std::erase_if(races_, [this](const auto& race) {
    return !entries_.at(race.first).transfer->IsConnecting();
  });
  // First those of races, then those of the resolver.
  std::vector<curl_waitfd> watched;
  for (const auto& [id, race] : races_) {
    for (const int fd : race.sockets())
      watched.push_back({fd, CURL_WAIT_POLLOUT, 0});
    if (const auto next = race.NextAt()) {
      timeout = std::min(timeout,
                         std::chrono::ceil<milliseconds>(*next - Clock::now()));
    }
  }
  const size_t of_races = watched.size();
  for (const Resolver::Socket& socket : resolver_->sockets()) {
    const int events = (socket.reading ? CURL_WAIT_POLLIN : 0) |
                       (socket.writing ? CURL_WAIT_POLLOUT : 0);
    watched.push_back({socket.fd, static_cast<short>(events), 0});
  }
  curl_multi_poll(
      multi_.get(), watched.data(), static_cast<unsigned>(watched.size()),
      static_cast<int>(std::max<int64_t>(timeout.count(), 0)), nullptr);
  std::vector<Resolver::Socket> ready;
  for (const curl_waitfd& socket : std::span(watched).subspan(of_races)) {
    if (socket.revents == 0) continue;
    // An error is neither; reading finds out what it is.
    ready.push_back({socket.fd, (socket.revents & ~CURL_WAIT_POLLOUT) != 0,
                     (socket.revents & CURL_WAIT_POLLOUT) != 0});
  }
  resolver_->Process(ready);
  MoveOn(Clock::now());
}

void TransferLoop::MoveOn(Clock::time_point now) {
  for (auto race = races_.begin(); race != races_.end();) {
    const auto connected = race->second.Process(now);
    if (!connected) {
      ++race;
      continue;
    }
    Entry& entry = entries_.at(race->first);
    race = races_.erase(race);
    // libcurl may have succeeded at the same moment.
    if (!entry.transfer->IsConnecting()) continue;
    std::stable_partition(
        entry.addresses.begin(), entry.addresses.end(),
        [&](const IpAddress& address) { return address == *connected; });
    CURL* easy = entry.transfer->easy();
    curl_multi_remove_handle(multi_.get(), easy);
    entry.transfer->BeginAgain(entry.addresses);
    curl_multi_add_handle(multi_.get(), easy);
  }
}

void TransferLoop::Complete(uint64_t id, absl::StatusOr<Response> result) {
  auto entry = entries_.extract(id);
  Entry& ended = entry.mapped();
  deadlines_.erase({ended.deadline, id});
  races_.erase(id);
  if (ended.active) queue_.Release(ended.transfer->url().authority());
  if (CURL* easy = ended.transfer->easy()) {
    curl_multi_remove_handle(multi_.get(), easy);
  }
  ended.transfer.reset();  // it uses the pool
  if (ended.pool != nullptr) pools_.Release(ended.pool);
  ended.done(std::move(result));
}

void TransferLoop::CancelAll() {
  while (!entries_.empty()) {
    Complete(entries_.begin()->first,
             absl::CancelledError("the HTTP client is being destroyed"));
  }
}

}  // namespace usher::http
