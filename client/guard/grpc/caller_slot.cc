#include "client/guard/grpc/caller_slot.h"

#include <atomic>
#include <utility>

#include "grpc/census.h"
#include "grpc/grpc.h"

namespace usher {
namespace guard {
namespace {

std::atomic<CallerSlot::TestLookup> test_lookup = nullptr;

}  // namespace

void CallerSlot::Admit(std::shared_ptr<const Caller> caller) {
  admitted_ = true;
  caller_ = std::move(caller);
}

void CallerSlot::Attach(std::shared_ptr<const Caller> caller,
                        grpc::ServerContextBase& context) {
  Admit(std::move(caller));
  Store(context);
}

void CallerSlot::Attach(std::shared_ptr<const Decision> refusal,
                        grpc::ServerContextBase& context) {
  refusal_ = std::move(refusal);
  Store(context);
}

void CallerSlot::Store(grpc::ServerContextBase& context) {
  grpc_census_call_set_context(context.c_call(),
                               reinterpret_cast<census_context*>(this));
}

const CallerSlot* CallerSlot::Find(const grpc::ServerContextBase& context) {
  const auto* slot =
      reinterpret_cast<const CallerSlot*>(context.census_context());
  if (slot != nullptr) return slot->mark_ == MarkOf(slot) ? slot : nullptr;
  const TestLookup lookup = test_lookup.load(std::memory_order_acquire);
  return lookup == nullptr ? nullptr : lookup(context);
}

void CallerSlot::SetTestLookup(TestLookup lookup) {
  test_lookup.store(lookup, std::memory_order_release);
}

}  // namespace guard

const Caller* FindCaller(const grpc::ServerContextBase& context) {
  const guard::CallerSlot* slot = guard::CallerSlot::Find(context);
  return slot == nullptr ? nullptr : slot->caller();
}

}  // namespace usher
