#include "lib/introspect/fair_slots.h"

#include <gtest/gtest.h>

namespace usher::introspect {
namespace {

constexpr SlotLimits kFour = {.in_flight = 4, .waiting_per_service = 3};

TEST(FairSlots, OneServiceAloneUsesEverySlot) {
  FairSlots slots(kFour);
  for (FairSlots::Id id = 0; id < 4; ++id) {
    EXPECT_EQ(slots.Ask("orders", id), Admission::kStart);
  }
  EXPECT_EQ(slots.Ask("orders", 4), Admission::kWait);
  EXPECT_EQ(slots.in_flight(), 4u);
  EXPECT_EQ(slots.waiting(), 1u);
}

TEST(FairSlots, ASlotThatIsReleasedGoesToTheServiceThatHoldsTheFewest) {
  FairSlots slots(kFour);
  for (FairSlots::Id id = 0; id < 7; ++id) slots.Ask("orders", id);
  EXPECT_EQ(slots.Ask("billing", 10), Admission::kWait);
  EXPECT_EQ(slots.Ask("billing", 11), Admission::kWait);
  EXPECT_EQ(slots.Release("orders"), 10u);  // orders 3, billing 1
  EXPECT_EQ(slots.Release("orders"), 11u);  // orders 2, billing 2
  EXPECT_EQ(slots.Release("orders"), 4u);   // orders 2 again, first in line
}

TEST(FairSlots, EqualServicesTakeTurns) {
  FairSlots slots({.in_flight = 1, .waiting_per_service = 3});
  slots.Ask("a", 1);
  slots.Ask("a", 2);
  slots.Ask("b", 3);
  slots.Ask("b", 4);
  slots.Ask("a", 5);
  EXPECT_EQ(slots.Release("a"), 3u);
  EXPECT_EQ(slots.Release("b"), 2u);
  EXPECT_EQ(slots.Release("a"), 4u);
  EXPECT_EQ(slots.Release("b"), 5u);
  EXPECT_EQ(slots.Release("a"), std::nullopt);
  EXPECT_EQ(slots.in_flight(), 0u);
}

TEST(FairSlots, AFullQueueOfOneServiceLeavesRoomForAnother) {
  FairSlots slots(kFour);
  for (FairSlots::Id id = 0; id < 7; ++id) slots.Ask("orders", id);
  EXPECT_EQ(slots.Ask("orders", 7), Admission::kFull);
  EXPECT_EQ(slots.Ask("billing", 8), Admission::kWait);
}

TEST(FairSlots, AWithdrawnRequestGetsNoSlot) {
  FairSlots slots({.in_flight = 1, .waiting_per_service = 3});
  slots.Ask("a", 1);
  slots.Ask("a", 2);
  slots.Ask("a", 3);
  EXPECT_TRUE(slots.Withdraw("a", 2));
  EXPECT_FALSE(slots.Withdraw("a", 2));
  EXPECT_FALSE(slots.Withdraw("c", 3));
  EXPECT_EQ(slots.Release("a"), 3u);
  EXPECT_EQ(slots.waiting(), 0u);
}

TEST(FairSlots, ASlotWaitsForNoServiceThatIsGone) {
  FairSlots slots({.in_flight = 1, .waiting_per_service = 0});
  EXPECT_EQ(slots.Ask("a", 1), Admission::kStart);
  EXPECT_EQ(slots.Ask("b", 2), Admission::kFull);
  EXPECT_EQ(slots.Release("a"), std::nullopt);
  EXPECT_EQ(slots.Ask("b", 3), Admission::kStart);
}

}  // namespace
}  // namespace usher::introspect
