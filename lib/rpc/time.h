// Abseil's times and durations as protobuf messages, and back.
#pragma once

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace usher::rpc {

void ToWire(absl::Time time, google::protobuf::Timestamp& out);
void ToWire(absl::Duration duration, google::protobuf::Duration& out);

absl::Time FromWire(const google::protobuf::Timestamp& time);
absl::Duration FromWire(const google::protobuf::Duration& duration);

}  // namespace usher::rpc
