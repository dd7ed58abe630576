# What a build makes. At top level everything; inside another project (with
# add_subdirectory or FetchContent) the libraries most servers want, and nothing
# that would act on that project: no tests, packages or install rules.

set(USHER_SANITIZE "" CACHE STRING "asan, tsan, fuzz or coverage; empty: none")

# usher_option(NAME DEFAULT HELP [NEEDS OPTION...]): ON by default where DEFAULT
# and all of NEEDS are; ON without them is an error that says so.
function(usher_option name default help)
  cmake_parse_arguments(ARG "" "" "NEEDS" ${ARGN})
  foreach(NEED ${ARG_NEEDS})
    if(NOT ${NEED})
      set(default OFF)
    endif()
  endforeach()
  option(${name} "${help}" ${default})
  foreach(NEED ${ARG_NEEDS})
    if(${name} AND NOT ${NEED})
      message(FATAL_ERROR "Usher: ${name} needs ${NEED}. Set -D${NEED}=ON, or "
                          "-D${name}=OFF.")
    endif()
  endforeach()
endfunction()

usher_option(USHER_CLIENT ON "usher::client: asks usherd")
usher_option(USHER_GUARD ON "usher::guard and usher::testing: protect a gRPC server"
             NEEDS USHER_CLIENT)
usher_option(USHER_GUARD_PROMETHEUS ${PROJECT_IS_TOP_LEVEL}
             "usher::guard_prometheus: the guard's metrics for prometheus-cpp"
             NEEDS USHER_GUARD)
usher_option(USHER_LOCAL ${PROJECT_IS_TOP_LEVEL}
             "usher::local: verification without usherd")
usher_option(USHER_SERVER ${PROJECT_IS_TOP_LEVEL} "The program usherd")
usher_option(USHER_CLI ${PROJECT_IS_TOP_LEVEL} "The program usher"
             NEEDS USHER_CLIENT USHER_GUARD USHER_LOCAL)
usher_option(USHER_TESTS ${PROJECT_IS_TOP_LEVEL}
             "tests/ and client/examples/"
             NEEDS USHER_CLIENT USHER_GUARD USHER_GUARD_PROMETHEUS USHER_LOCAL
                   USHER_SERVER USHER_CLI)
usher_option(USHER_E2E_TESTS ${PROJECT_IS_TOP_LEVEL}
             "tests/e2e/: needs Python's gRPC" NEEDS USHER_TESTS)
usher_option(USHER_BENCH OFF "bench/" NEEDS USHER_TESTS)
usher_option(USHER_INSTALL ${PROJECT_IS_TOP_LEVEL} "Install rules")
usher_option(USHER_PACKAGING OFF "Debian packages, by cpack"
             NEEDS USHER_INSTALL USHER_CLIENT USHER_GUARD USHER_GUARD_PROMETHEUS
                   USHER_LOCAL USHER_SERVER USHER_CLI)
option(USHER_WARNINGS_AS_ERRORS "Warnings in Usher's own code are errors"
       ${PROJECT_IS_TOP_LEVEL})
option(BUILD_SHARED_LIBS "Installed libraries are shared" OFF)

# TSan reports hundreds of false races in an uninstrumented gRPC, so that
# preset builds only what names no gRPC.
set(USHER_WITH_GRPC OFF)
if((USHER_CLIENT OR USHER_SERVER) AND NOT USHER_SANITIZE STREQUAL "tsan")
  set(USHER_WITH_GRPC ON)
endif()
# The verification engine: lib/jose to lib/config.
set(USHER_ENGINE OFF)
if(USHER_LOCAL OR USHER_SERVER)
  set(USHER_ENGINE ON)
endif()
