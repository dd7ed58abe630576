// What a fuzz program asserts, in every build type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace usher::fuzz {

// Ends the process, which libFuzzer reports with the input.
inline void Check(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view TextOf(const uint8_t* data, size_t size) {
  return std::string_view(reinterpret_cast<const char*>(data), size);
}

}  // namespace usher::fuzz
