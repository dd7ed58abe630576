#include "lib/introspect/fair_slots.h"

#include <algorithm>
#include <tuple>

namespace usher::introspect {

Admission FairSlots::Ask(std::string_view name, Id id) {
  const auto found = services_.find(name);
  Service& service = found != services_.end()
                         ? found->second
                         : services_.emplace(name, Service()).first->second;
  if (in_flight_ < limits_.in_flight) {
    // A slot is free only while no request waits for one.
    Start(service);
    return Admission::kStart;
  }
  if (service.waiting.size() >= limits_.waiting_per_service) {
    ForgetIfIdle(services_.find(name));
    return Admission::kFull;
  }
  service.waiting.push_back(id);
  ++waiting_;
  return Admission::kWait;
}

std::optional<FairSlots::Id> FairSlots::Release(std::string_view name) {
  const auto released = services_.find(name);
  --released->second.in_flight;
  --in_flight_;
  const auto next = Next();
  std::optional<Id> id;
  if (next != services_.end()) {
    id = next->second.waiting.front();
    next->second.waiting.pop_front();
    --waiting_;
    Start(next->second);
  }
  ForgetIfIdle(released);
  return id;
}

bool FairSlots::Withdraw(std::string_view name, Id id) {
  const auto service = services_.find(name);
  if (service == services_.end()) return false;
  auto& waiting = service->second.waiting;
  const auto place = std::find(waiting.begin(), waiting.end(), id);
  if (place == waiting.end()) return false;
  waiting.erase(place);
  --waiting_;
  ForgetIfIdle(service);
  return true;
}

void FairSlots::Start(Service& service) {
  ++service.in_flight;
  ++in_flight_;
  service.last_turn = ++turns_;
}

FairSlots::Services::iterator FairSlots::Next() {
  auto next = services_.end();
  const auto rank = [](const Service& service) {
    return std::tuple(service.in_flight, service.last_turn);
  };
  for (auto it = services_.begin(); it != services_.end(); ++it) {
    if (it->second.waiting.empty()) continue;
    if (next == services_.end() || rank(it->second) < rank(next->second)) {
      next = it;
    }
  }
  return next;
}

void FairSlots::ForgetIfIdle(Services::iterator service) {
  if (service->second.in_flight == 0 && service->second.waiting.empty()) {
    services_.erase(service);
  }
}

}  // namespace usher::introspect
