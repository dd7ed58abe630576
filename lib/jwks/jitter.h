// Chance, to spread what would otherwise happen at once.
#pragma once

#include <random>

namespace usher::jwks {

// In [0, 1). Thread-safe. Not for secrets.
inline double Jitter() {
  thread_local std::minstd_rand chance{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(chance);
}

}  // namespace usher::jwks
