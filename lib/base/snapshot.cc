#include "lib/base/snapshot.h"

#include <array>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/base/mutex.h"

namespace usher::base {
namespace epoch {

constinit Counter counter;
constinit thread_local Slot* claimed = nullptr;

namespace {

struct Retired {
  uint64_t tag;
  absl::AnyInvocable<void()> destroy;
};

// Never destroyed: threads may still read while the process ends.
struct Domain {
  std::array<Slot, 128> first_slots;
  std::atomic<Slot*> slots{nullptr};  // a list that only grows

  Mutex writers;
  std::vector<Retired> retired ABSL_GUARDED_BY(writers);

  Domain() {
    for (Slot& slot : first_slots) List(slot);
  }

  void List(Slot& slot) {
    slot.next = slots.load(std::memory_order_relaxed);
    while (!slots.compare_exchange_weak(slot.next, &slot,
                                        std::memory_order_seq_cst,
                                        std::memory_order_relaxed)) {
    }
  }

  Slot& ClaimSlot() {
    for (Slot* slot = slots.load(std::memory_order_acquire); slot != nullptr;
         slot = slot->next) {
      bool expected = false;
      if (!slot->owned.load(std::memory_order_relaxed) &&
          slot->owned.compare_exchange_strong(expected, true,
                                              std::memory_order_acquire)) {
        return *slot;
      }
    }
    Slot* slot = new Slot;
    slot->owned.store(true, std::memory_order_relaxed);
    List(*slot);
    return *slot;
  }

  // The epoch at which the oldest reading began.
  uint64_t OldestReader() const {
    uint64_t oldest = UINT64_MAX;
    for (Slot* slot = slots.load(std::memory_order_seq_cst); slot != nullptr;
         slot = slot->next) {
      const uint64_t began = slot->epoch.load(std::memory_order_seq_cst);
      if (began != 0 && began < oldest) oldest = began;
    }
    return oldest;
  }

  // Moves what no reader can see to `freed`. The caller destroys it after it
  // has released the lock, because a destructor may publish too.
  void Collect(std::vector<Retired>& freed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writers) {
    const uint64_t oldest = OldestReader();
    size_t kept = 0;
    for (Retired& entry : retired) {
      if (entry.tag < oldest) {
        freed.push_back(std::move(entry));
      } else {
        if (&retired[kept] != &entry) retired[kept] = std::move(entry);
        ++kept;
      }
    }
    retired.resize(kept);
  }
};

Domain& TheDomain() {
  static Domain* const domain = new Domain;
  return *domain;
}

// Set once this thread has released its slot. A destructor that reads after
// that gets a slot that is never released: if two threads shared a slot, a
// writer could miss one of them.
constinit thread_local bool ended = false;

// Releases the slot when its thread ends.
struct Owner {
  Slot* slot;
  ~Owner() {
    ended = true;
    claimed = nullptr;
    // A lease that outlives this keeps the slot and its value for ever.
    if (slot->depth == 0) slot->owned.store(false, std::memory_order_release);
  }
};

}  // namespace

Slot& Claim() {
  claimed = &TheDomain().ClaimSlot();
  if (!ended) {
    thread_local const Owner owner{claimed};
    static_cast<void>(owner);
  }
  return *claimed;
}

void Retire(absl::AnyInvocable<void()> destroy) {
  Domain& domain = TheDomain();
  std::vector<Retired> freed;
  {
    MutexLock lock(domain.writers);
    const uint64_t tag = counter.value.fetch_add(1, std::memory_order_seq_cst);
    domain.retired.push_back({tag, std::move(destroy)});
    domain.Collect(freed);
  }
  for (Retired& entry : freed) entry.destroy();
}

}  // namespace epoch

size_t Reclaim() {
  epoch::Domain& domain = epoch::TheDomain();
  std::vector<epoch::Retired> freed;
  size_t left;
  {
    MutexLock lock(domain.writers);
    domain.Collect(freed);
    left = domain.retired.size();
  }
  for (epoch::Retired& entry : freed) entry.destroy();
  return left;
}

}  // namespace usher::base
