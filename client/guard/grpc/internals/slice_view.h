// The bytes of a gRPC slice, without a copy.
#pragma once

#include <string_view>

#include "grpc/slice.h"

namespace usher::guard {

// Valid as long as `slice` itself: a short text is stored inside the slice.
inline std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

}  // namespace usher::guard
