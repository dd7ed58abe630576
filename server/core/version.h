#pragma once

namespace usher::server {

// "0.1.0": the project's version, as the top CMakeLists.txt states it.
extern const char* const kVersion;

}  // namespace usher::server
