#include "lib/http/resolver.h"

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

using base::Absl;

// Enough for every issuer of a large configuration. A full cache stores no more
// names until some expire.
constexpr size_t kMaxNames = 16384;
constexpr std::chrono::seconds kMinTtl{1};
constexpr std::chrono::seconds kMaxTtl{60};

// When /etc/resolv.conf last changed, in nanoseconds; 0 if there is none.
int64_t SettingsStamp() {
  struct stat found;
  if (stat("/etc/resolv.conf", &found) != 0) return 0;
  return int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
}

IpAddress AddressOf(const ares_addrinfo_node& node) {
  if (node.ai_family == AF_INET6) {
    std::array<uint8_t, 16> bytes;
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(node.ai_addr);
    std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
    return IpAddress::V6(bytes);
  }
  std::array<uint8_t, 4> bytes;
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(node.ai_addr);
  std::memcpy(bytes.data(), &v4->sin_addr, bytes.size());
  return IpAddress::V4(bytes);
}

absl::Status StatusOf(int code) {
  const std::string_view text = ares_strerror(code);
  switch (code) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
      return absl::NotFoundError("no such name, or it has no address");
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return absl::CancelledError("the client is being destroyed");
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return absl::UnavailableError("no name server answered");
    default:
      return absl::UnavailableError(
          Absl(base::StrCat("the name servers could not tell: ", text)));
  }
}

}  // namespace

// The context that c-ares passes to OnAnswer().
struct Resolver::Query {
  Resolver* resolver;
  std::string host;
};

absl::StatusOr<std::unique_ptr<Resolver>> Resolver::Create(Options options) {
  std::unique_ptr<Resolver> resolver(new Resolver(std::move(options)));
  if (absl::Status opened = resolver->OpenChannel(); !opened.ok()) {
    return opened;
  }
  return resolver;
}

Resolver::~Resolver() { CloseChannel(); }

absl::Status Resolver::OpenChannel() {
  ares_options settings{};
  settings.timeout = static_cast<int>(options_.timeout.count());
  settings.tries = options_.tries;
  settings.sock_state_cb = &Resolver::OnSocket;
  settings.sock_state_cb_data = this;
  settings.flags = ARES_FLAG_NOALIASES;  // no HOSTALIASES file
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_SOCK_STATE_CB;
  char dns_only[] = "b";
  if (options_.name_server) {
    settings.lookups = dns_only;
    mask |= ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;  // no domains: no search list
  }
  settings_stamp_ = SettingsStamp();
  int code = ares_init_options(&channel_, &settings, mask);
  if (code == ARES_SUCCESS && options_.name_server) {
    code = ares_set_servers_ports_csv(channel_, options_.name_server->c_str());
  }
  if (code == ARES_SUCCESS) return absl::OkStatus();
  CloseChannel();
  return absl::InternalError(Absl(
      base::StrCat("the resolver cannot be set up: ", ares_strerror(code))));
}

void Resolver::CloseChannel() {
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  sockets_.clear();
}

void Resolver::ReopenIfSettingsChanged() {
  if (options_.name_server || !pending_.empty() || running_callbacks_ > 0)
    return;
  if (channel_ != nullptr && SettingsStamp() == settings_stamp_) return;
  CloseChannel();
  OpenChannel().IgnoreError();  // Resolve() finds it closed
}

void Resolver::Resolve(const std::string& host, Done done) {
  if (auto address = IpAddress::Parse(host)) {
    done(Addresses{*address});
    return;
  }
  auto cached = cache_.find(host);
  if (cached != cache_.end()) {
    if (cached->second.until > Clock::now()) {
      done(cached->second.addresses);
      return;
    }
    cache_.erase(cached);
  }
  if (auto pending = pending_.find(host); pending != pending_.end()) {
    pending->second.push_back(std::move(done));
    return;
  }
  ReopenIfSettingsChanged();
  if (channel_ == nullptr) {
    done(absl::UnavailableError("the resolver cannot be set up"));
    return;
  }
  pending_[host].push_back(std::move(done));
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_flags = ARES_AI_NOSORT;  // sorting opens sockets to every address
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &OnAnswer,
                   new Query{this, host});
}

std::vector<Resolver::Socket> Resolver::sockets() const {
  std::vector<Socket> out;
  for (const auto& [fd, socket] : sockets_) out.push_back(socket);
  return out;
}

std::optional<std::chrono::milliseconds> Resolver::Timeout() const {
  if (channel_ == nullptr) return std::nullopt;
  timeval left;
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return std::nullopt;
  // Rounded up, so that something is due when the wait ends.
  return std::chrono::milliseconds(left.tv_sec * 1000 + left.tv_usec / 1000 +
                                   1);
}

void Resolver::Process(std::span<const Socket> ready) {
  if (channel_ == nullptr) return;
  for (const Socket& socket : ready) {
    ares_process_fd(channel_, socket.reading ? socket.fd : ARES_SOCKET_BAD,
                    socket.writing ? socket.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void Resolver::Finish(const std::string& host,
                      absl::StatusOr<Addresses> answer) {
  auto waiting = pending_.extract(host);
  if (waiting.empty()) return;
  ++running_callbacks_;
  for (Done& done : waiting.mapped()) done(answer);
  --running_callbacks_;
}

void Resolver::Store(const std::string& host, const Addresses& addresses,
                     int ttl) {
  const auto now = Clock::now();
  if (cache_.size() >= kMaxNames) {
    std::erase_if(cache_,
                  [now](const auto& e) { return e.second.until < now; });
  }
  if (cache_.size() >= kMaxNames) return;
  cache_[host] = {addresses,
                  now + std::clamp<Clock::duration>(std::chrono::seconds(ttl),
                                                    kMinTtl, kMaxTtl)};
}

void Resolver::OnSocket(void* self, int fd, int reading, int writing) {
  auto& sockets = static_cast<Resolver*>(self)->sockets_;
  if (reading == 0 && writing == 0) {
    sockets.erase(fd);
  } else {
    sockets[fd] = {fd, reading != 0, writing != 0};
  }
}

void Resolver::OnAnswer(void* query, int status, int /*timeouts*/,
                        ares_addrinfo* info) {
  const std::unique_ptr<Query> owned_query(static_cast<Query*>(query));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned_info(
      info, &ares_freeaddrinfo);
  if (status != ARES_SUCCESS) {
    owned_query->resolver->Finish(owned_query->host, StatusOf(status));
    return;
  }
  Addresses addresses;
  int ttl = static_cast<int>(kMaxTtl.count());
  for (auto* node = info->nodes; node != nullptr; node = node->ai_next) {
    addresses.push_back(AddressOf(*node));
    ttl = std::min(ttl, node->ai_ttl);
  }
  if (addresses.empty()) {
    owned_query->resolver->Finish(owned_query->host, StatusOf(ARES_ENODATA));
    return;
  }
  owned_query->resolver->Store(owned_query->host, addresses, ttl);
  owned_query->resolver->Finish(owned_query->host, std::move(addresses));
}

}  // namespace usher::http
