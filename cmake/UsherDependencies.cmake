# Everything Usher takes from others. Each has one home in the tree; see
# docs/architecture.md, "One home per third party".
if(NOT PROJECT_IS_TOP_LEVEL)
  # The surrounding project links what Usher's libraries link.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
endif()

# usher_requires(PACKAGE [find_package arguments...] DEBIAN debian-package
#                [PKG_CONFIG module] [FOR OPTION...])
# finds PACKAGE if one of the options is on (without FOR: always), or ends with
# a message that names the Debian package and the option. PKG_CONFIG: by
# pkg-config, as PkgConfig::PACKAGE.
macro(usher_requires package)
  cmake_parse_arguments(REQUIRES "" "DEBIAN;PKG_CONFIG" "FOR" ${ARGN})
  set(REQUIRES_WANTED "")
  foreach(REQUIRES_OPTION ${REQUIRES_FOR})
    if(${REQUIRES_OPTION})
      list(APPEND REQUIRES_WANTED ${REQUIRES_OPTION})
    endif()
  endforeach()
  if(REQUIRES_WANTED OR NOT REQUIRES_FOR)
    if(REQUIRES_PKG_CONFIG)
      find_package(PkgConfig QUIET)
      if(PkgConfig_FOUND AND PROJECT_IS_TOP_LEVEL)
        pkg_check_modules(${package} QUIET IMPORTED_TARGET ${REQUIRES_PKG_CONFIG})
      elseif(PkgConfig_FOUND)
        pkg_check_modules(${package} QUIET IMPORTED_TARGET GLOBAL
                          ${REQUIRES_PKG_CONFIG})
      endif()
    else()
      find_package(${package} ${REQUIRES_UNPARSED_ARGUMENTS} QUIET)
    endif()
    if(NOT ${package}_FOUND)
      set(REQUIRES_HINT "")
      if(REQUIRES_WANTED)
        list(JOIN REQUIRES_WANTED "=OFF -D" REQUIRES_HINT)
        set(REQUIRES_HINT " Or build without what needs it: -D${REQUIRES_HINT}=OFF.")
      endif()
      message(FATAL_ERROR
          "Usher: cannot find ${package}. On Debian or Ubuntu install "
          "${REQUIRES_DEBIAN}.${REQUIRES_HINT}")
    endif()
  endif()
endmacro()

usher_requires(Threads DEBIAN libc6-dev)
usher_requires(absl CONFIG DEBIAN libabsl-dev)
usher_requires(simdjson CONFIG DEBIAN libsimdjson-dev)
usher_requires(yaml-cpp CONFIG DEBIAN libyaml-cpp-dev
               FOR USHER_GUARD USHER_ENGINE)
# Its name since 0.8, which Debian 13 has.
if(TARGET yaml-cpp AND NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
usher_requires(OpenSSL 3.0 DEBIAN libssl-dev FOR USHER_WITH_GRPC USHER_ENGINE)
usher_requires(CURL DEBIAN libcurl4-openssl-dev FOR USHER_LOCAL USHER_SERVER)
usher_requires(CARES PKG_CONFIG libcares DEBIAN "pkg-config and libc-ares-dev"
               FOR USHER_LOCAL USHER_SERVER)
usher_requires(RE2 PKG_CONFIG re2 DEBIAN "pkg-config and libre2-dev"
               FOR USHER_LOCAL USHER_SERVER)
usher_requires(MICROHTTPD PKG_CONFIG libmicrohttpd
               DEBIAN "pkg-config and libmicrohttpd-dev" FOR USHER_SERVER)
usher_requires(SQLITE3 PKG_CONFIG sqlite3
               DEBIAN "pkg-config and libsqlite3-dev" FOR USHER_SERVER)
if(USHER_WITH_GRPC)
  # By its own configuration file where it has one (since 22), because gRPC's
  # finds it that way; Debian 12 and 13 have none.
  find_package(Protobuf CONFIG QUIET)
  set(USHER_PROTOBUF_MODE CONFIG)
  if(NOT Protobuf_FOUND)
    set(USHER_PROTOBUF_MODE MODULE)
  endif()
  usher_requires(Protobuf ${USHER_PROTOBUF_MODE}
                 DEBIAN "libprotobuf-dev and protobuf-compiler"
                 FOR USHER_CLIENT USHER_SERVER)
  usher_requires(gRPC CONFIG
                 DEBIAN "libgrpc++-dev, libgrpc-dev and protobuf-compiler-grpc"
                 FOR USHER_CLIENT USHER_SERVER)
  # docs/security.md says what each advisory means. Once per build directory.
  if(gRPC_FOUND AND NOT gRPC_VERSION STREQUAL USHER_WARNED_OF_GRPC)
    set(USHER_ADVISORIES "")
    if(gRPC_VERSION VERSION_LESS 1.53.2)
      string(APPEND USHER_ADVISORIES " CVE-2023-4785 CVE-2023-33953")
    endif()
    if(gRPC_VERSION VERSION_LESS 1.59.0)
      string(APPEND USHER_ADVISORIES " CVE-2023-44487")
    endif()
    if(USHER_ADVISORIES)
      message(WARNING "gRPC ${gRPC_VERSION} may be affected by"
              "${USHER_ADVISORIES}, unless your distribution has patched it. "
              "docs/security.md says what usherd and guarded servers do about "
              "it, and what to put in front of them.")
    endif()
    set(USHER_WARNED_OF_GRPC ${gRPC_VERSION} CACHE INTERNAL "")
  endif()
  usher_requires(prometheus-cpp CONFIG COMPONENTS core DEBIAN prometheus-cpp-dev
                 FOR USHER_GUARD_PROMETHEUS USHER_SERVER)
  usher_requires(CLI11 CONFIG DEBIAN libcli11-dev FOR USHER_CLI)
endif()
usher_requires(GTest CONFIG DEBIAN "libgtest-dev and libgmock-dev"
               FOR USHER_TESTS)
usher_requires(benchmark CONFIG DEBIAN libbenchmark-dev FOR USHER_BENCH)
