#include "lib/rpc/time.h"

#include <cstdint>

namespace usher::rpc {

void ToWire(absl::Time time, google::protobuf::Timestamp& out) {
  const timespec since_1970 = absl::ToTimespec(time);
  out.set_seconds(since_1970.tv_sec);
  out.set_nanos(static_cast<int32_t>(since_1970.tv_nsec));
}

void ToWire(absl::Duration duration, google::protobuf::Duration& out) {
  absl::Duration rest;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

absl::Time FromWire(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

absl::Duration FromWire(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

}  // namespace usher::rpc
