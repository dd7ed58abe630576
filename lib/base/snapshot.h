// A value that many threads read and that is replaced from time to time.
//
// Reading takes no lock, allocates nothing, never waits, and costs one store
// and two loads. Every token reads its issuer's keys through it, so a writer
// must not slow the readers, nor they the writer.
//
// How it works (epoch-based reclamation)
// --------------------------------------
// There is one process-wide epoch counter. Each thread that reads owns a slot
// (a cache line) that holds 0 while the thread reads nothing, and otherwise the
// epoch at which it began.
//
//   reader   R1  e = epoch
//            R2  slot = e
//            R3  p = cell            ... uses *p ...
//            R4  slot = 0            (when its outermost lease ends)
//
//   writer   W1  old = exchange(cell, new)
//            W2  tag = epoch++       (tag: the value before)
//            W3  puts (old, tag) on the list of retired values
//            W4  for each retired (q, t): if every slot is 0 or > t, delete q
//
// Why no reader sees a deleted value. R1-R3 and W1, W2, W4's slot reads are
// sequentially consistent, so they have one order S on which all threads agree.
//   1. Let a reader's R3 return `old`. Then R3 comes before W1 in S.
//   2. So R2 comes before W1, hence before W4: the writer sees that slot write,
//      or a later one by the same thread.
//   3. R1 comes before W1 too, and the counter only grows: e <= tag.
//   4. While the reader holds its lease its slot is e <= tag, so W4 keeps
//   `old`.
//   5. Where W4 sees a later write (R4, or a later R2), that write was made
//      after the reader's last use of `old` and W4 reads it with acquire: the
//      use happens before the delete.
// A slot is listed (also sequentially consistent) before its first R2, so 2
// holds for a new thread's slot as well.
// A reader that paused between R1 and R2 has an epoch that is too old, which
// only keeps more values for longer: never fewer.
//
// A thread without a lease keeps no value alive, however long it is idle. The
// next Publish() of any snapshot, or Reclaim(), frees what one Publish() could
// not free.
//
// Destructors run on the thread that publishes: of the value that it replaced,
// and of values that other threads replaced before. So do not call Publish() or
// Reclaim() while holding a lock that a destructor may take.
//
// bench/snapshot_bench.cc measures the alternatives;
// tests/lib/base/snapshot_test.cc runs under ThreadSanitizer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace usher::base {

namespace epoch {

// A reading thread's mark.
struct alignas(64) Slot {
  std::atomic<uint64_t> epoch{0};  // 0: reads nothing
  std::atomic<bool> owned{false};  // by a living thread
  Slot* next = nullptr;            // constant once the slot is listed
  uint32_t depth = 0;              // leases held; the owner's alone
};

// The counter starts at 1, so that 0 can mean "reads nothing". Alone on its
// cache line: every reader loads it.
struct alignas(64) Counter {
  std::atomic<uint64_t> value{1};
};
extern constinit Counter counter;

// This thread's slot, once it has one. It needs no destructor, so even the
// destructors of other thread-locals may use it.
extern constinit thread_local Slot* claimed;

// Claims a slot for this thread: one of 128 static ones, or a new one from the
// heap. The slot is released when the thread ends.
Slot& Claim();

inline Slot& ThisThread() { return claimed != nullptr ? *claimed : Claim(); }

// Puts `destroy` on the list of retired values and frees what no reader can see
// any more. Takes a lock that readers never take, and releases it before it
// runs destructors.
void Retire(absl::AnyInvocable<void()> destroy);

}  // namespace epoch

// Frees every replaced value that no reader can still see. Returns how many
// replaced values are left.
size_t Reclaim();

template <typename T>
class Snapshot;

// One reading. The value stays alive and unchanged until the lease ends. A
// lease belongs to the thread that made it and should last no longer than a
// function: as long as it lives, every value that is replaced is kept.
//
// A temporary lease gives no access to the value: a reference taken from
// `cell.Read()->member` would outlive the lease. Give the lease a name.
template <typename T>
class [[nodiscard]] Lease {
 public:
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() {
    if (--slot_.depth == 0) slot_.epoch.store(0, std::memory_order_release);
  }

  const T& operator*() const& { return *value_; }
  const T* operator->() const& { return value_; }
  const T* get() const& { return value_; }
  const T& operator*() const&& = delete;
  const T* operator->() const&& = delete;
  const T* get() const&& = delete;

 private:
  friend class Snapshot<T>;
  explicit Lease(const std::atomic<const T*>& cell)
      : slot_(epoch::ThisThread()) {
    if (slot_.depth++ == 0) {
      slot_.epoch.store(epoch::counter.value.load(std::memory_order_seq_cst),
                        std::memory_order_seq_cst);
    }
    value_ = cell.load(std::memory_order_seq_cst);
  }

  epoch::Slot& slot_;
  const T* value_;
};

// Thread-safe: any number of readers and writers.
template <typename T>
class Snapshot {
 public:
  // `first` must not be null.
  explicit Snapshot(std::unique_ptr<const T> first) : cell_(first.release()) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  // No thread may hold a lease.
  ~Snapshot() { delete cell_.load(std::memory_order_seq_cst); }

  // Lock-free: see above.
  Lease<T> Read() const { return Lease<T>(cell_); }

  // Makes `next` (not null) what the next Read() sees. Never waits for readers.
  void Publish(std::unique_ptr<const T> next) {
    const T* old = cell_.exchange(next.release(), std::memory_order_seq_cst);
    epoch::Retire([old] { delete old; });
  }

 private:
  std::atomic<const T*> cell_;
};

}  // namespace usher::base
