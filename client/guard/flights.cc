#include "client/guard/flights.h"

#include <utility>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

// Each text after its length, so that no two keys have one name.
std::string NameOf(const TokenKey& key) {
  std::string name;
  for (const std::string& audience : key.audiences()) {
    name += base::StrCat(audience.size(), ":", audience);
  }
  return base::StrCat(name, ".", key.token());
}

}  // namespace

Flights::Place Flights::Join(const TokenKey& key, ParkedCall& call) {
  std::string name = NameOf(key);
  std::lock_guard lock(mutex_);
  if (parked_ >= max_parked_) return Place::kNone;
  auto [flight, first] = waiting_.try_emplace(std::move(name));
  flight->second.push_back(std::move(call));
  ++parked_;
  return first ? Place::kFirst : Place::kBehind;
}

std::vector<ParkedCall> Flights::Land(const TokenKey& key) {
  const std::string name = NameOf(key);
  std::lock_guard lock(mutex_);
  const auto flight = waiting_.find(name);
  if (flight == waiting_.end()) return {};
  std::vector<ParkedCall> calls = std::move(flight->second);
  waiting_.erase(flight);
  parked_ -= calls.size();
  return calls;
}

size_t Flights::parked() const {
  std::lock_guard lock(mutex_);
  return parked_;
}

}  // namespace usher::guard
