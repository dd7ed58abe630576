#include "lib/rpc/time.h"

#include <gtest/gtest.h>

namespace usher::rpc {
namespace {

TEST(WireTime, KeepsTimesToTheNanosecond) {
  for (const absl::Time time : {absl::FromUnixNanos(1'767'225'600'123'456'789),
                                absl::UnixEpoch(), absl::FromUnixNanos(-1)}) {
    google::protobuf::Timestamp wire;
    ToWire(time, wire);
    EXPECT_EQ(FromWire(wire), time);
    EXPECT_GE(wire.nanos(), 0);  // timestamp.proto
  }
}

TEST(WireTime, KeepsDurationsToTheNanosecond) {
  for (const absl::Duration duration :
       {absl::Milliseconds(1'500), absl::ZeroDuration(),
        absl::Nanoseconds(-1'500'000'001)}) {
    google::protobuf::Duration wire;
    ToWire(duration, wire);
    EXPECT_EQ(FromWire(wire), duration);
  }
}

}  // namespace
}  // namespace usher::rpc
