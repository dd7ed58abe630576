#include "lib/http/connection_pools.h"

#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

// Above this number, idle pools are closed, the longest unused first.
constexpr size_t kMaxPools = 256;

// The lengths keep two different FetchOptions from having one name.
std::string NameOf(const FetchOptions& options,
                   const Credentials& credentials) {
  const auto part = [](const std::optional<std::string>& text) {
    return text ? base::StrCat(text->size(), ":", *text) : std::string("-");
  };
  return base::StrCat(
      part(options.ca_pem), "|", part(options.proxy), "|",
      options.insecure_allow_private_addresses ? "p" : "-",
      options.insecure_allow_http_loopback ? "l" : "-",
      options.insecure_allow_http ? "h" : "-", "|",
      credentials.certificate ? credentials.certificate->serial() : 0);
}

}  // namespace

ConnectionPools::~ConnectionPools() {
  for (auto& [name, pool] : pools_) curl_share_cleanup(pool.share);
}

CURLSH* ConnectionPools::Acquire(const FetchOptions& options,
                                 const Credentials& credentials) {
  std::string name = NameOf(options, credentials);
  auto found = pools_.find(name);
  if (found == pools_.end()) {
    if (pools_.size() >= kMaxPools) DropOneIdle();
    CURLSH* share = curl_share_init();
    if (share == nullptr) return nullptr;
    for (curl_lock_data what : {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_DNS,
                                CURL_LOCK_DATA_SSL_SESSION}) {
      curl_share_setopt(share, CURLSHOPT_SHARE, what);
    }
    names_[share] = name;
    found = pools_.emplace(std::move(name), Pool{share}).first;
  }
  ++found->second.users;
  found->second.last_used = ++uses_;
  return found->second.share;
}

void ConnectionPools::Release(CURLSH* pool) {
  auto name = names_.find(pool);
  if (name != names_.end()) --pools_[name->second].users;
}

void ConnectionPools::DropOneIdle() {
  auto oldest = pools_.end();
  for (auto pool = pools_.begin(); pool != pools_.end(); ++pool) {
    if (pool->second.users > 0) continue;
    if (oldest == pools_.end() ||
        pool->second.last_used < oldest->second.last_used) {
      oldest = pool;
    }
  }
  if (oldest == pools_.end()) return;
  names_.erase(oldest->second.share);
  curl_share_cleanup(oldest->second.share);
  pools_.erase(oldest);
}

}  // namespace usher::http
