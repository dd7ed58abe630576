// The bytes of a slice.
#pragma once

#include <string_view>

#include "grpc/slice.h"

namespace usher::guard {

// Valid as long as `slice` itself, in which short texts are.
inline std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

}  // namespace usher::guard
