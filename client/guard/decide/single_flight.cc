#include "client/guard/decide/single_flight.h"

#include <utility>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

// Each text after its length, so that no two keys have one name.
std::string NameOf(const base::TokenKey& key) {
  std::string name;
  for (const std::string& audience : key.audiences()) {
    name += base::StrCat(audience.size(), ":", audience);
  }
  return base::StrCat(name, ".", key.token());
}

}  // namespace

SingleFlight::Place SingleFlight::Join(const base::TokenKey& key,
                                       PendingCall& call) {
  std::string name = NameOf(key);
  std::lock_guard lock(mutex_);
  if (parked_ >= max_parked_) return Place::kNone;
  auto [flight, first] = waiting_.try_emplace(std::move(name));
  flight->second.push_back(std::move(call));
  ++parked_;
  return first ? Place::kFirst : Place::kBehind;
}

std::vector<PendingCall> SingleFlight::Land(const base::TokenKey& key) {
  const std::string name = NameOf(key);
  std::lock_guard lock(mutex_);
  const auto flight = waiting_.find(name);
  if (flight == waiting_.end()) return {};
  std::vector<PendingCall> calls = std::move(flight->second);
  waiting_.erase(flight);
  parked_ -= calls.size();
  return calls;
}

size_t SingleFlight::parked() const {
  std::lock_guard lock(mutex_);
  return parked_;
}

}  // namespace usher::guard
