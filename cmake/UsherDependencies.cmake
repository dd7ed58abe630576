# Everything Usher takes from others. Each has one home in the tree; see
# docs/architecture.md, "One home per third party".
#
# TSan reports hundreds of false races in an uninstrumented gRPC, so that
# preset builds only what names no gRPC.
if(USHER_SANITIZE STREQUAL "tsan")
  set(USHER_WITH_GRPC OFF)
else()
  set(USHER_WITH_GRPC ON)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(simdjson CONFIG REQUIRED)
find_package(CURL REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
if(USHER_WITH_GRPC)
  find_package(Protobuf MODULE REQUIRED)  # Debian ships no Protobuf config file
  find_package(gRPC CONFIG REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
  find_package(CLI11 CONFIG REQUIRED)
endif()
if(USHER_TESTS)
  find_package(GTest CONFIG REQUIRED)
endif()
if(USHER_BENCH)
  find_package(benchmark CONFIG REQUIRED)
endif()
