// What the kernel lets this process use: cgroups, version 2 and 1.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace usher::server {

// Absent: no limit was found.
struct ContainerLimits {
  std::optional<size_t> memory;  // bytes
  std::optional<double> processors;

  bool operator==(const ContainerLimits&) const = default;
};

// The smallest limits of the process's control group and those above it.
// `root` leads every path ("" but in tests). Reads small files of the kernel.
ContainerLimits ReadContainerLimits(const std::string& root = "");

}  // namespace usher::server
