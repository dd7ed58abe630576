# The installed libraries. A component is one library made of the objects of
# several targets of the tree, so that users link five libraries and not twenty,
# and so that a new folder needs no line here: a component is its ROOTS and all
# that they link, except what the components it REQUIRES have already.
#
#   usher_component(NAME ROOTS target... [REQUIRES component...]
#                   [OPTION option] DESCRIPTION text)
#
# makes libusher-NAME (static, or shared with BUILD_SHARED_LIBS), its CMake
# target usher::NAME and its usher-NAME.pc.
include(CMakePackageConfigHelpers)
set(USHER_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/usher)
set(USHER_COMPONENTS "")

# usher_third_party(TARGET): where users of the installed libraries get an imported
# target. Sets, in the caller: FIND, the arguments of find_package (PACKAGE
# PKG_CONFIG MODULE: by pkg-config); MODULE, its pkg-config module, if it has
# one; DEBIAN, the packages that hold it.
function(usher_third_party target)
  set(MODULE "")
  if(target MATCHES "^absl::(.*)")
    set(FIND "absl CONFIG")
    set(MODULE absl_${CMAKE_MATCH_1})
    set(DEBIAN libabsl-dev)
  elseif(target STREQUAL "Threads::Threads")
    set(FIND Threads)
    set(DEBIAN "")
  elseif(target MATCHES "^OpenSSL::(SSL|Crypto)$")
    set(FIND "OpenSSL 3.0")
    string(TOLOWER "lib${CMAKE_MATCH_1}" MODULE)
    set(DEBIAN libssl-dev)
  elseif(target STREQUAL "simdjson::simdjson")
    set(FIND "simdjson CONFIG")
    set(MODULE simdjson)
    set(DEBIAN libsimdjson-dev)
  elseif(target MATCHES "^(yaml-cpp::)?yaml-cpp$")
    set(FIND "yaml-cpp CONFIG")
    set(MODULE yaml-cpp)
    set(DEBIAN libyaml-cpp-dev)
  elseif(target STREQUAL "CURL::libcurl")
    set(FIND CURL)
    set(MODULE libcurl)
    set(DEBIAN libcurl4-openssl-dev)
  elseif(target STREQUAL "PkgConfig::CARES")
    set(FIND "CARES PKG_CONFIG libcares")
    set(MODULE libcares)
    set(DEBIAN libc-ares-dev pkg-config)
  elseif(target STREQUAL "PkgConfig::RE2")
    set(FIND "RE2 PKG_CONFIG re2")
    set(MODULE re2)
    set(DEBIAN libre2-dev pkg-config)
  elseif(target STREQUAL "protobuf::libprotobuf")
    set(FIND "Protobuf ${USHER_PROTOBUF_MODE}")
    set(MODULE protobuf)
    set(DEBIAN libprotobuf-dev)
  elseif(target STREQUAL "gRPC::grpc++")
    # Its configuration file needs Protobuf's targets and the plugins.
    set(FIND "Protobuf ${USHER_PROTOBUF_MODE}" "gRPC CONFIG")
    set(MODULE grpc++)
    set(DEBIAN libgrpc++-dev libgrpc-dev libssl-dev protobuf-compiler-grpc)
  elseif(target STREQUAL "prometheus-cpp::core")
    set(FIND "prometheus-cpp CONFIG COMPONENTS core")
    set(MODULE prometheus-cpp-core)
    set(DEBIAN prometheus-cpp-dev)
  else()
    message(FATAL_ERROR "UsherComponents.cmake does not know where users find "
                        "${target}: add it to usher_third_party().")
  endif()
  foreach(RESULT FIND MODULE DEBIAN)
    set(${RESULT} ${${RESULT}} PARENT_SCOPE)
  endforeach()
endfunction()

# usher_closure(ROOTS FOREIGN): walks what ROOTS link. Sets PARTS (targets of the
# tree with objects), PUBLIC (imported targets that their headers include) and
# PRIVATE (the other imported targets) in the caller. FOREIGN are not entered.
function(usher_closure roots foreign)
  set(PARTS "")
  set(PUBLIC "")
  set(PRIVATE "")
  set(DONE "")
  # First what is reached in public, so that it counts as that.
  foreach(LEVEL PUBLIC PRIVATE)
    if(LEVEL STREQUAL "PUBLIC")
      set(QUEUE ${roots})
    else()
      set(QUEUE ${LATER})
    endif()
    set(LATER "")
    while(QUEUE)
      list(POP_FRONT QUEUE NODE)
      get_target_property(ALIASED ${NODE} ALIASED_TARGET)
      if(ALIASED)
        set(NODE ${ALIASED})
      endif()
      if(NODE IN_LIST DONE OR NODE IN_LIST foreign)
        continue()
      endif()
      list(APPEND DONE ${NODE})
      get_target_property(IMPORTED ${NODE} IMPORTED)
      if(IMPORTED)
        list(APPEND ${LEVEL} ${NODE})
        continue()
      endif()
      get_target_property(TYPE ${NODE} TYPE)
      if(NOT TYPE STREQUAL "INTERFACE_LIBRARY")
        list(APPEND PARTS ${NODE})
      endif()
      get_target_property(LINKS ${NODE} INTERFACE_LINK_LIBRARIES)
      foreach(LINK ${LINKS})
        if(LINK MATCHES "^\\$<LINK_ONLY:(.*)>$")
          if(LEVEL STREQUAL "PUBLIC")
            list(APPEND LATER ${CMAKE_MATCH_1})
          else()
            list(APPEND QUEUE ${CMAKE_MATCH_1})
          endif()
        elseif(LINK)
          list(APPEND QUEUE ${LINK})
        endif()
      endforeach()
    endwhile()
  endforeach()
  foreach(RESULT PARTS PUBLIC PRIVATE)
    set(${RESULT} ${${RESULT}} PARENT_SCOPE)
  endforeach()
endfunction()


function(usher_component name)
  cmake_parse_arguments(ARG "" "OPTION;DESCRIPTION" "ROOTS;REQUIRES" ${ARGN})
  string(REPLACE _ - FILE_NAME usher-${name})
  list(TRANSFORM ARG_ROOTS PREPEND usher_)
  # What the components it requires have, with all that those require.
  set(FOREIGN "")
  set(REQUIRES ${ARG_REQUIRES})
  foreach(COMPONENT ${ARG_REQUIRES})
    get_target_property(PARTS usher-${COMPONENT} USHER_PARTS)
    get_target_property(MORE usher-${COMPONENT} USHER_FOREIGN)
    list(APPEND FOREIGN ${PARTS} ${MORE})
  endforeach()
  list(REMOVE_DUPLICATES FOREIGN)
  usher_closure("${ARG_ROOTS}" "${FOREIGN}")

  set(OBJECTS "")
  foreach(PART ${PARTS})
    get_target_property(OWNER ${PART} USHER_COMPONENT)
    if(OWNER)
      message(FATAL_ERROR "${PART} is in the components ${OWNER} and ${name}: "
          "let one require the other, or move it to one that both require "
          "(client/install/CMakeLists.txt).")
    endif()
    set_target_properties(${PART} PROPERTIES USHER_COMPONENT ${name})
    list(APPEND OBJECTS $<TARGET_OBJECTS:${PART}>)
  endforeach()
  add_library(usher-${name} ${OBJECTS})
  set_target_properties(usher-${name} PROPERTIES
      LINKER_LANGUAGE CXX EXPORT_NAME ${name} OUTPUT_NAME ${FILE_NAME}
      VERSION ${PROJECT_VERSION}
      # Before 1.0 a minor version may change the interface.
      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
      INSTALL_RPATH $ORIGIN
      USHER_PARTS "${PARTS}" USHER_FOREIGN "${FOREIGN}")
  list(TRANSFORM ARG_REQUIRES PREPEND usher- OUTPUT_VARIABLE REQUIRED_TARGETS)
  target_link_libraries(usher-${name} PUBLIC ${REQUIRED_TARGETS} ${PUBLIC}
                        PRIVATE ${PRIVATE})
  target_compile_features(usher-${name} INTERFACE cxx_std_20)
  # A missing dependency is an error here, not in the user's program.
  get_target_property(TYPE usher-${name} TYPE)
  if(TYPE STREQUAL "SHARED_LIBRARY" AND NOT USHER_SANITIZE)
    target_link_options(usher-${name} PRIVATE -Wl,--no-undefined)
  endif()

  install(TARGETS usher-${name} EXPORT usher-${name}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT usher-dev
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT usher-dev
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT usher-${name} NAMESPACE usher:: FILE usher-${name}.cmake
          DESTINATION ${USHER_CMAKE_DIR} COMPONENT usher-dev)

  # For usherConfig.cmake.in and usher.pc.in.
  set(FINDS "")
  set(PC_REQUIRES ${REQUIRED_TARGETS})
  set(PC_PRIVATE "")
  list(TRANSFORM PC_REQUIRES REPLACE _ -)
  foreach(LEVEL PUBLIC PRIVATE)
    foreach(NODE ${${LEVEL}})
      usher_third_party(${NODE})
      # A shared library's private needs are its own.
      if(LEVEL STREQUAL "PUBLIC" OR TYPE STREQUAL "STATIC_LIBRARY")
        list(APPEND FINDS ${FIND})
        list(APPEND PC_REQUIRES ${MODULE})
        set_property(GLOBAL APPEND PROPERTY USHER_DEBIAN_PACKAGES ${DEBIAN})
      else()
        list(APPEND PC_PRIVATE ${MODULE})
      endif()
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES FINDS)
  list(JOIN FINDS "\" \"" FINDS)
  set(ENTRY "set(_usher_${name}_requires ${ARG_REQUIRES})\n")
  if(FINDS)
    string(APPEND ENTRY "set(_usher_${name}_finds \"${FINDS}\")\n")
  else()
    string(APPEND ENTRY "set(_usher_${name}_finds)\n")
  endif()
  set(USHER_CONFIG_ENTRIES "${USHER_CONFIG_ENTRIES}${ENTRY}" PARENT_SCOPE)
  set(USHER_COMPONENTS ${USHER_COMPONENTS} ${name} PARENT_SCOPE)

  list(JOIN PC_REQUIRES " " PC_REQUIRES)
  list(JOIN PC_PRIVATE " " PC_PRIVATE)
  set(PC_NAME ${FILE_NAME})
  set(PC_DESCRIPTION ${ARG_DESCRIPTION})
  # Relative, so that the tree can be moved: --prefix is known only later.
  file(RELATIVE_PATH PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" PC_PREFIX "${PC_PREFIX}")
  configure_file(${PROJECT_SOURCE_DIR}/client/install/usher.pc.in
                 ${CMAKE_CURRENT_BINARY_DIR}/${FILE_NAME}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${FILE_NAME}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT usher-dev)
endfunction()
