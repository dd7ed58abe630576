# The three kinds of target, so that each folder's CMakeLists.txt says only
# what is its own.

# What would act on the whole of a surrounding project is for the top level.
set(USHER_SANITIZE_FLAGS "")
set(USHER_RUNTIME_DIR ${CMAKE_CURRENT_BINARY_DIR}/bin)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${USHER_RUNTIME_DIR})
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
  endif()
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
  if(USHER_SANITIZE STREQUAL "asan")
    set(USHER_SANITIZE_FLAGS -fsanitize=address,undefined
        -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    # Optimising what UBSan adds costs the compiler up to twice the time.
    set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
  elseif(USHER_SANITIZE STREQUAL "tsan")
    set(USHER_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
  elseif(USHER_SANITIZE STREQUAL "fuzz")
    set(USHER_SANITIZE_FLAGS -fsanitize=fuzzer-no-link,address,undefined)
  elseif(USHER_SANITIZE STREQUAL "coverage")
    set(USHER_SANITIZE_FLAGS --coverage)
  endif()
  add_compile_options(${USHER_SANITIZE_FLAGS}
                      -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  add_link_options(${USHER_SANITIZE_FLAGS})
  find_program(USHER_CCACHE ccache)
  if(USHER_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${USHER_CCACHE})
  endif()
endif()
# These hold for Usher's own folders only: variables of this directory.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# A property of Usher's folders, not of its targets: a surrounding project sees
# only the public headers.
include_directories(${PROJECT_SOURCE_DIR})

# For our own code only. g++ 12 reports false -Wrestrict errors in std::string
# concatenation, and false -Wmaybe-uninitialized ones for values inside
# std::variant and std::optional; clang has neither. clang alone checks the
# thread annotations of lib/base/mutex.h.
set(USHER_WARNINGS -Wall -Wextra -Wshadow -Wnon-virtual-dtor
                   -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND USHER_WARNINGS -Wno-restrict -Wno-maybe-uninitialized)
else()
  list(APPEND USHER_WARNINGS -Wthread-safety)
endif()
if(USHER_WARNINGS_AS_ERRORS)
  list(APPEND USHER_WARNINGS -Werror)
endif()

# usher_library(NAME SOURCES a.cc ... [DEPS public...] [PRIVATE_DEPS ...])
# makes the static library usher_NAME, alias usher::NAME.
function(usher_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(usher_${name} STATIC ${ARG_SOURCES})
  add_library(usher::${name} ALIAS usher_${name})
  set_target_properties(usher_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(usher_${name} PUBLIC cxx_std_20)
  target_compile_options(usher_${name} PRIVATE ${USHER_WARNINGS})
  target_link_libraries(usher_${name} PUBLIC ${ARG_DEPS}
                        PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# usher_public_headers(NAME): the folder's include/ holds headers that users of
# the installed library include, as <usher/...>.
function(usher_public_headers name)
  set_property(GLOBAL APPEND PROPERTY USHER_PUBLIC_HEADERS
               ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_include_directories(usher_${name} PUBLIC
      $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# usher_program(NAME SOURCES ... DEPS ...)
function(usher_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${USHER_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS})
endfunction()

# usher_test(NAME SOURCES ... DEPS ... [LABELS ...] [TIMEOUT s] [COST s])
# makes a GoogleTest program and one CTest entry per test in it. CTest starts tests
# of a higher cost first: those that wait, so that others run meanwhile.
include(GoogleTest)
function(usher_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;COST" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_COST)
    set(ARG_COST 0)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  usher_program(${name} SOURCES ${ARG_SOURCES}
                DEPS ${ARG_DEPS} usher_test_paths GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
      TEST_PREFIX "${name}." PROPERTIES TIMEOUT ${ARG_TIMEOUT}
      COST ${ARG_COST} LABELS "${ARG_LABELS}")
endfunction()
