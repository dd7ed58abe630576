// Fetches issuers' keys at an operator's request and reports what changed.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "lib/base/clock.h"
#include "lib/issuer/registry.h"
#include "server/rpc/shared_refresh.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::server {

// How many fetches of one request run at once. The HTTP client queues the rest
// while their timeouts run, so thousands of them would time out in the queue,
// and the scheduled refreshes with them.
inline constexpr size_t kMaxConcurrentFetches = 16;

// Does not wait. Calls `done` once, inline or on another thread, with one entry
// for each of `issuers`, in their order. `is_cancelled` is called before each
// fetch; if it returns true, the fetch is left out and the entry says so. What
// an entry says is from a fetch that began after this call; `shared` decides
// when. `clock` and `shared` must outlive the last fetch.
void RefreshKeys(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
                 const base::Clock& clock, SharedRefresh& shared,
                 std::function<bool()> is_cancelled,
                 absl::AnyInvocable<void(v1::RefreshKeysResponse)> done);

}  // namespace usher::server
