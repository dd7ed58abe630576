#include "client/guard/decide/single_flight.h"

#include <utility>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

// Each audience has its length in front, so two keys never have one name.
std::string NameOf(const base::TokenKey& key) {
  std::string name;
  for (const std::string& audience : key.audiences()) {
    name += base::StrCat(audience.size(), ":", audience);
  }
  return base::StrCat(name, ".", key.token());
}

}  // namespace

SingleFlight::Role SingleFlight::Join(const base::TokenKey& key,
                                      PendingCall& call) {
  std::string name = NameOf(key);
  base::MutexLock lock(mutex_);
  if (size_ >= max_calls_) return Role::kRejected;
  auto [flight, is_new] = flights_.try_emplace(std::move(name));
  flight->second.push_back(std::move(call));
  ++size_;
  return is_new ? Role::kLeader : Role::kFollower;
}

std::vector<PendingCall> SingleFlight::Complete(const base::TokenKey& key) {
  const std::string name = NameOf(key);
  base::MutexLock lock(mutex_);
  const auto flight = flights_.find(name);
  if (flight == flights_.end()) return {};
  std::vector<PendingCall> calls = std::move(flight->second);
  flights_.erase(flight);
  size_ -= calls.size();
  return calls;
}

size_t SingleFlight::size() const {
  base::MutexLock lock(mutex_);
  return size_;
}

}  // namespace usher::guard
