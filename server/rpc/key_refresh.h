// Fetching issuers' keys because somebody asked, and telling what changed.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/base/clock.h"
#include "lib/issuer/registry.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::server {

// How many of one request's fetches are under way at once. The HTTP client
// queues what is too many with its time running, so thousands begun together
// would time out in the queue, and those that refresh by themselves with them.
inline constexpr size_t kMostRefreshes = 16;

// Does not wait. `ended` is called once, inline or on another thread, with one
// entry for each of `issuers`, in their order. Before each fetch `given_up` is
// asked; where it says yes, the fetch is left out and the entry says so.
// `clock` must outlive the last fetch.
void RefreshKeys(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
                 const base::Clock& clock, std::function<bool()> given_up,
                 std::function<void(v1::RefreshKeysResponse)> ended);

}  // namespace usher::server
