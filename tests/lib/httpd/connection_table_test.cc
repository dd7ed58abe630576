#include "lib/httpd/connection_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::httpd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr ConnectionTable::Limits kLimits = {.connections = 3,
                                             .request = absl::Seconds(10),
                                             .response = absl::Seconds(30)};
const absl::Time kStart = absl::FromUnixSeconds(1'767'225'600);
absl::Time After(int64_t seconds) { return kStart + absl::Seconds(seconds); }

TEST(ConnectionTable, ClosesARequestThatTakesTooLongOnce) {
  ConnectionTable table(kLimits);
  table.Add(1, "a", kStart);
  table.Add(2, "a", After(5));
  EXPECT_THAT(table.TakeExpired(After(10)), IsEmpty());
  EXPECT_THAT(table.TakeExpired(After(11)), ElementsAre(1));
  EXPECT_THAT(table.TakeExpired(After(12)), IsEmpty());
}

TEST(ConnectionTable, AHandlerHasAllTheTimeItNeeds) {
  ConnectionTable table(kLimits);
  table.Add(1, "a", kStart);
  table.OnRequest(1);
  EXPECT_THAT(table.TakeExpired(After(1000)), IsEmpty());
}

TEST(ConnectionTable, ClosesAResponseThatIsNotRead) {
  ConnectionTable table(kLimits);
  table.Add(1, "a", kStart);
  table.OnRequest(1);
  table.OnResponse(1, After(100));
  EXPECT_THAT(table.TakeExpired(After(130)), IsEmpty());
  EXPECT_THAT(table.TakeExpired(After(131)), ElementsAre(1));
}

TEST(ConnectionTable, TheNextRequestOfAConnectionHasItsOwnTime) {
  ConnectionTable table(kLimits);
  table.Add(1, "a", kStart);
  table.OnRequest(1);
  table.OnResponse(1, After(9));
  table.OnEnd(1, After(9));
  EXPECT_THAT(table.TakeExpired(After(19)), IsEmpty());
  EXPECT_THAT(table.TakeExpired(After(20)), ElementsAre(1));
}

TEST(ConnectionTable, MakesRoomByTheOldestOfTheAddressWithTheMost) {
  ConnectionTable table(kLimits);
  table.Add(1, "lone", kStart);
  table.Add(2, "crowd", After(1));
  table.Add(3, "crowd", After(2));
  EXPECT_THAT(table.Add(4, "new", After(3)), ElementsAre(2));
  // Closing ones no longer count, whether they are gone or not.
  EXPECT_THAT(table.Add(5, "crowd", After(4)), ElementsAre(3));
  table.Remove(2);
  table.Remove(3);
  EXPECT_EQ(table.size(), 3u);
}

TEST(ConnectionTable, NamesTheSlowestWhereSomethingElseIsLacking) {
  ConnectionTable table(kLimits);
  EXPECT_EQ(table.TakeSlowest(kStart), std::nullopt);
  table.Add(1, "a", kStart);
  table.Add(2, "a", After(1));
  table.OnRequest(1);
  EXPECT_EQ(table.TakeSlowest(After(2)), 2u);
  EXPECT_EQ(table.TakeSlowest(After(2)), std::nullopt);
}

TEST(ConnectionTable, OneThatIsHandledIsNotClosedForAnother) {
  ConnectionTable table(kLimits);
  for (const ConnectionTable::Id id : {1, 2, 3}) {
    table.Add(id, "a", kStart);
    table.OnRequest(id);
  }
  EXPECT_THAT(table.Add(4, "b", After(1)), IsEmpty());
}

TEST(ConnectionTable, OneThatReadsNoResponseIsClosedForAnother) {
  ConnectionTable table(kLimits);
  for (const ConnectionTable::Id id : {1, 2, 3}) {
    table.Add(id, "a", kStart);
    table.OnRequest(id);
  }
  table.OnResponse(2, kStart);
  EXPECT_THAT(table.Add(4, "b", After(1)), IsEmpty());
  // First the one that has sent no request.
  EXPECT_THAT(table.Add(5, "b", After(2)), ElementsAre(4, 2));
  table.OnRequest(5);
  EXPECT_THAT(table.Add(6, "b", After(3)), IsEmpty());
}

}  // namespace
}  // namespace usher::httpd
