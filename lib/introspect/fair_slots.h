// Who may ask an issuer next: its introspection endpoint takes a bounded number
// of requests at a time, and the client services of usherd share them.
//
//   switch (slots.Ask("orders", id)) {
//     case Admission::kStart: Send(id); break;
//     case Admission::kWait:  break;  // Release() names it later
//     case Admission::kFull:  Refuse(id);
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace usher::introspect {

struct SlotLimits {
  // Requests in flight at one issuer.
  size_t in_flight = 64;
  // Requests of one client service that may wait for a slot.
  size_t waiting_per_service = 512;

  bool operator==(const SlotLimits&) const = default;
};

enum class Admission { kStart, kWait, kFull };

// A free slot goes to the waiting client service that holds the fewest, and
// among equals to the one that has waited longest since its last turn. So one
// service uses every slot while it is alone, and gives them up one by one, as
// its requests end, to any other that holds fewer.
//
// Bookkeeping only: no clock, thread or request. Not thread-safe.
class FairSlots {
 public:
  using Id = uint64_t;

  explicit FairSlots(SlotLimits limits) : limits_(limits) {}

  // A request of `service` wants a slot. kStart: it holds one. `id` is unique
  // among the waiting requests.
  Admission Ask(std::string_view service, Id id);

  // A request of `service` ended. The waiting request that holds its slot from
  // now on, if there is one.
  std::optional<Id> Release(std::string_view service);

  // `id` of `service` no longer waits. False: it did not.
  bool Withdraw(std::string_view service, Id id);

  size_t in_flight() const { return in_flight_; }
  size_t waiting() const { return waiting_; }

 private:
  struct Service {
    size_t in_flight = 0;
    std::deque<Id> waiting;
    uint64_t last_turn = 0;
  };
  using Services = std::map<std::string, Service, std::less<>>;

  void Start(Service& service);
  Services::iterator Next();
  void ForgetIfIdle(Services::iterator service);

  const SlotLimits limits_;
  Services services_;  // those that hold a slot or wait
  size_t in_flight_ = 0;
  size_t waiting_ = 0;
  uint64_t turns_ = 0;
};

}  // namespace usher::introspect
